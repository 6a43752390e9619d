// FLAC (RFC 9639), cut into pieces that decode on their own. Only the bytes of the piece are fetched.

const PIECE_SECONDS = 6; // 2 MB decoded
const PROBE = 65536; // bytes read at once when looking for a frame, several frames long

const CRC8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = (byte << 1) ^ (byte & 128 ? 0x107 : 0);
  return byte;
});

// A number in the manner of UTF-8, [value, bytes]; of the value, as much as numbers of frames need.
function coded(bytes, at) {
  const length = Math.max(1, Math.clz32(~(bytes[at] << 24)));
  if (length === 1) return [bytes[at], 1];
  let value = bytes[at] & (127 >> length);
  for (let i = 1; i < length; i++) value = 64 * value + (bytes[at + i] & 63);
  return [value, length];
}

// The frames that begin in these bytes, as [number, offset]. `sizes` is the third byte of every header.
function* framesIn(bytes, sizes) {
  const extra = [0, 0, 0, 0, 0, 0, 1, 2][sizes >> 4] ?? 0; // bytes that tell the size of the block
  for (let i = 0; i < bytes.length - 16; i++) {
    if (bytes[i] !== 0xff || bytes[i + 1] !== 0xf8 || bytes[i + 2] !== sizes || bytes[i + 3] & 1) continue;
    const [number, length] = coded(bytes, i + 4);
    const end = i + 4 + length + extra;
    let sum = 0;
    for (let j = i; j < end; j++) sum = CRC8[sum ^ bytes[j]];
    if (sum === bytes[end]) yield [number, i];
  }
}

class Flac {
  // Throws for what cannot be cut here: another format, another rate, blocks of changing size.
  static async open(url) {
    const flac = new Flac();
    Object.assign(flac, { url, info: await flac.head(url) });
    flac.measure();
    return flac;
  }

  async head(url) {
    const answer = await fetch(url, { headers: { Range: `bytes=0-${PROBE - 1}` } });
    if (answer.status !== 206) throw new Error(`the server answered ${answer.status}`);
    this.size = Number(answer.headers.get("Content-Range")?.split("/")[1]);
    return new Uint8Array(await answer.arrayBuffer());
  }

  measure() {
    const { info } = this;
    const view = new DataView(info.buffer);
    const rate = view.getUint32(18) >>> 12;
    this.block = view.getUint16(8);
    this.samples = (info[21] & 15) * 2 ** 32 + view.getUint32(22);
    this.count = Math.ceil(this.samples / this.block);
    this.framesAPiece = Math.round((PIECE_SECONDS * RATE) / this.block);
    const first = this.first();
    const steady = view.getUint16(10) === this.block && info[first + 1] === 0xf8; // the size of the blocks
    if (view.getUint32(0) !== 0x664c6143 || rate !== RATE || !this.samples || !this.size || !steady)
      throw new Error("no FLAC that can be cut");
    this.sizes = info[first + 2];
    this.known = [[0, first], [this.count, this.size]]; // [number of a frame, its byte], in order
  }

  // The byte of the first frame, behind the blocks of metadata.
  first() {
    let at = 4;
    for (let last = false; !last; ) {
      last = !(this.info[at] < 128);
      at += 4 + 65536 * this.info[at + 1] + 256 * this.info[at + 2] + this.info[at + 3];
    }
    return at;
  }

  get pieceLength() {
    return this.framesAPiece * this.block;
  }

  async read(from, to) {
    const answer = await fetch(this.url, { headers: { Range: `bytes=${from}-${to - 1}` } });
    if (answer.status !== 206) throw new Error(`the server answered ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  // Where frame `number` begins: guessed between the frames that are known, which each look makes more.
  async byte(number) {
    for (let looks = 0; looks < 40; looks++) {
      const next = this.known.findIndex(([n]) => n >= number);
      const [[n0, b0], [n1, b1]] = [this.known[Math.max(0, next - 1)], this.known[next]];
      if (n1 === number) return b1;
      const guess = b0 + ((b1 - b0) * (number - n0)) / (n1 - n0) - PROBE / 2;
      const from = Math.round(Math.max(b0, Math.min(guess, b1 - PROBE)));
      const bytes = await this.read(from, Math.min(from + PROBE, b1));
      this.learn([...framesIn(bytes, this.sizes)].map(([n, at]) => [n, from + at]), [n0, n1]);
    }
    throw new Error("no FLAC that can be cut");
  }

  learn(found, [n0, n1]) {
    const fresh = found.filter(([n]) => n > n0 && n < n1 && !this.known.some(([m]) => m === n));
    this.known = [...this.known, ...fresh].sort((a, b) => a[0] - b[0]);
  }

  // Piece `index` as a file of its own.
  async piece(index) {
    const first = index * this.framesAPiece;
    const last = Math.min(first + this.framesAPiece, this.count);
    const body = await this.read(await this.byte(first), await this.byte(last));
    const file = new Uint8Array(42 + body.length);
    file.set(this.info.subarray(0, 42));
    file.set(body, 42);
    file[4] = 128; // no metadata but these 42 bytes
    file[21] &= 0xf0;
    new DataView(file.buffer).setUint32(22, Math.min(last * this.block, this.samples) - first * this.block);
    file.fill(0, 26, 42); // the checksum of the whole song does not hold for a piece
    return file.buffer;
  }
}
