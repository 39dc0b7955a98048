// The server's API: requests with the token, errors in words, streams of server-sent events, and curl commands.

export class APIError extends Error {
  constructor(message, status = 0, code = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const storageKey = "mynah-token";
let askForToken = async () => null;

const token = () => sessionStorage.getItem(storageKey);

// `ask` gets whether a token was refused and returns a new one, or null if the user gives up.
export function onTokenNeeded(ask) {
  askForToken = ask;
}

function headers(hasBody) {
  const result = {};
  if (hasBody) result["Content-Type"] = "application/json";
  if (token()) result.Authorization = `Bearer ${token()}`;
  return result;
}

async function failure(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // An answer without JSON, of a proxy perhaps: the status has to do.
  }
  const wait = response.headers.get("Retry-After");
  const parts = [error.message ?? `The server answered with status ${response.status}.`];
  if (wait) parts.push(`Try again in ${wait} ${wait === "1" ? "second" : "seconds"}.`);
  return new APIError(parts.join(" "), response.status, error.code ?? null);
}

// Sends a request; asks for a token and repeats it as long as the server answers 401.
async function send(method, path, body, signal) {
  for (;;) {
    const used = token();
    let response;
    try {
      const content = body === undefined ? undefined : JSON.stringify(body);
      response = await fetch(path, { method, headers: headers(content !== undefined), body: content, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new APIError("The server cannot be reached. Check that it is running.");
    }
    if (response.ok) return response;
    const error = await failure(response);
    if (response.status !== 401) throw error;
    // Another request may have got a token in the meantime.
    if (token() !== used && token()) continue;
    const given = await askForToken(used !== null);
    if (given === null) throw error;
    sessionStorage.setItem(storageKey, given);
  }
}

export async function request(method, path, body, signal) {
  return (await send(method, path, body, signal)).json();
}

// The events of a stream, until the server ends it.
export async function* stream(path, body, signal) {
  const response = await send("POST", path, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new APIError("The connection ended before the text was complete.");
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        if (data === "[DONE]") return;
        const event = JSON.parse(data);
        if (event.error) throw new APIError(event.error.message, 500, event.error.code);
        yield event;
      }
    }
  } catch (error) {
    if (error instanceof TypeError) throw new APIError("The connection to the server was lost.");
    throw error;
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Deletes a state even if the page is being closed; nobody waits for the answer.
export function forget(state) {
  fetch(`/v1/states/${encodeURIComponent(state)}`, { method: "DELETE", headers: headers(false), keepalive: true })
    .catch(() => {});
}

export function curl(method, path, body) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl ${body?.stream ? "-N " : ""}${quote(location.origin + path)}`];
  if (method !== "GET" && !body) parts.push(`-X ${method}`);
  // The token itself does not belong into a command that is pasted somewhere.
  if (token()) parts.push('-H "Authorization: Bearer $MYNAH_TOKEN"');
  if (body) parts.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}
