// A plain reverse proxy in Node, as anyone would write one: nothing is read, kept or decided.
//
//     node node_proxy.mjs PORT PORT_OF_BACK_END CA_FILE
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [port, backEnd, caFile] = process.argv.slice(2);
const agent = new https.Agent({
  ca: readFileSync(caFile),
  keepAlive: true,
  maxSockets: Infinity,
});

const server = http.createServer((request, response) => {
  const asked = https.request(
    {
      agent,
      host: "127.0.0.1",
      port: Number(backEnd),
      method: request.method,
      path: request.url,
      headers: request.headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    },
  );
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  request.pipe(asked);
});
server.requestTimeout = 0;
server.keepAliveTimeout = 600_000;
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 2048 }, () =>
  console.log(port),
);
