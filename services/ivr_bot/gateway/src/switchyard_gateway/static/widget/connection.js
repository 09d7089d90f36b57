// One websocket after the other: says hello, passes frames on, and comes back after every break.

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 10_000;
const TURNED_AWAY = 1008;
// A connection whose network went away says nothing: it is asked, and given up without an answer.
const ASK_EVERY_MS = 25_000;
const ANSWER_WITHIN_MS = 5_000;

export class Connection {
  #address;
  #events;
  #socket = null;
  #greeted = false;
  #pause = FIRST_PAUSE_MS;
  #timer = 0;
  #wanted = false;
  #answerTimer = 0;

  // events: hello() promises the first frame; frame(frame); up(boolean).
  constructor(address, events) {
    this.#address = address;
    this.#events = events;
    window.addEventListener("online", () => this.#check());
    window.addEventListener("offline", () => this.#check());
    navigator.connection?.addEventListener("change", () => this.#check());
    document.addEventListener("visibilitychange", () => document.hidden || this.#check());
    setInterval(() => this.#check(), ASK_EVERY_MS);
  }

  get up() {
    return this.#greeted && this.#socket?.readyState === WebSocket.OPEN;
  }

  start() {
    this.#wanted = true;
    if (!this.#socket) this.#connect();
  }

  // Leave this conversation; start() begins another.
  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#socket = null;
  }

  send(frame) {
    if (!this.up) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    const socket = (this.#socket = new WebSocket(this.#address));
    this.#greeted = false;
    socket.addEventListener("open", async () => {
      const hello = await this.#events.hello();
      if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify(hello));
      this.#greeted = true; // whatever comes before the hello would be refused
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      this.#answered();
      const frame = JSON.parse(event.data);
      if (frame.type === "pong") return;
      if (frame.type === "welcome") this.#pause = FIRST_PAUSE_MS;
      this.#events.frame(frame);
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.#socket) return;
      if (event.code === TURNED_AWAY) this.#pause = LONGEST_PAUSE_MS;
      this.#lost();
      this.#soon(this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    });
  }

  // The network may have changed: is the connection still one?
  #check() {
    if (!this.#socket) this.#soon(0);
    else if (this.send({ type: "ping" }) && !this.#answerTimer) {
      this.#answerTimer = setTimeout(() => this.#giveUp(), ANSWER_WITHIN_MS);
    }
  }

  #answered() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = 0;
  }

  #giveUp() {
    const dead = this.#socket;
    this.#lost();
    dead?.close();
    this.#soon(0);
  }

  #lost() {
    this.#answered();
    this.#socket = null;
    this.#events.up(false);
  }

  #soon(milliseconds) {
    if (!this.#wanted || this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket ?? this.#connect(), milliseconds);
  }
}
