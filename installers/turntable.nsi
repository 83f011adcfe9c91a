; The Windows installer, for one user: no administrator, no prompt of the system.
; `python -m installers.build` hands in VERSION, APP (the app's folder) and OUT.
Unicode true
RequestExecutionLevel user
SetCompressor /SOLID lzma
Name "Turntable"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Turntable"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Turntable"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Turntable: every Codex account you own, on one tray icon"
VIAddVersionKey "LegalCopyright" "MIT licence"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Turntable"

!include "MUI2.nsh"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Section "Turntable"
  ; An older copy gives Codex back first: its files cannot be replaced while it runs.
  IfFileExists "$INSTDIR\turntable.exe" 0 fresh
  nsExec::ExecToLog '"$INSTDIR\turntable.exe" stop'
  Pop $0
fresh:
  SetOutPath "$INSTDIR"
  File /r "${APP}\*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Turntable.lnk" "$INSTDIR\turntablew.exe"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Turntable"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\turntablew.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Turntable developers"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  ; Codex gets its own login back, and what starts at login goes; the data stays.
  nsExec::ExecToLog '"$INSTDIR\turntable.exe" uninstall'
  Pop $0
  Delete "$SMPROGRAMS\Turntable.lnk"
  RMDir /r "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
