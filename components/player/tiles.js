// A picture of the song in 8-bit tiles: fetched as they are needed, coloured for the theme, few kept at a time.

const KEPT = 10; // tiles of one picture that stay in memory: a screen shows three at most
const RAISES = [209, 32, 58];
const LOWERS = [42, 111, 219];

const rgb = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);

// 256 colours as red, green, blue, alpha: from nothing to the ink of the page; or from blue over nothing to red.
const greys = (ink, most) => (byte) => [...rgb(ink), 255 * most * (byte / 255) ** 1.3];
const signs = () => (byte) => [...(byte < 128 ? LOWERS : RAISES), 255 * Math.min(1, Math.abs(byte - 128) / 127) ** 0.7];

class Picture {
  tiles = new Map(); // address -> { bytes, width, image } or null while it is fetched

  constructor(facts, onload) {
    Object.assign(this, { facts, onload });
  }

  // `most` is the opacity of the loudest grey.
  colour(ink, most = 1) {
    const look = `${ink} ${most}`;
    if (look === this.look) return;
    this.look = look;
    const colour = (this.facts.signed ? signs : greys)(ink, most);
    const bytes = Array.from({ length: 256 }, (_, byte) => colour(byte)).flat();
    this.palette = new Uint32Array(Uint8ClampedArray.from(bytes).buffer); // a pixel in one number
    for (const tile of this.tiles.values()) if (tile) tile.image = null;
  }

  // The loaded tile, or undefined; then it is on its way.
  tile(url) {
    if (!this.tiles.has(url)) this.fetch(url);
    const tile = this.tiles.get(url);
    if (tile) {
      this.tiles.delete(url); // to the end: read last
      this.tiles.set(url, tile);
    }
    return tile;
  }

  async fetch(url) {
    this.tiles.set(url, null);
    for (const old of this.tiles.keys()) if (this.tiles.size > KEPT && old !== this.facts.overview) this.tiles.delete(old);
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
      this.tiles.set(url, grey(bitmap));
      this.onload();
    } catch (error) {
      this.onload(error);
    }
  }

  image(tile) {
    if (tile.image) return tile.image;
    tile.image = canvas(tile.width, tile.height);
    const pen = tile.image.getContext("2d");
    const pixels = pen.createImageData(tile.width, tile.height);
    const coloured = new Uint32Array(pixels.data.buffer);
    for (let i = 0; i < coloured.length; i++) coloured[i] = this.palette[tile.bytes[i]];
    pen.putImageData(pixels, 0, 0);
    return tile.image;
  }

  // What to draw for `from`..`to`: [image, its first column, columns, start in s, end in s]. Where a fine tile is still on
  // its way the coarse picture stands in; never both, as they are translucent.
  pieces(from, to, pixels) {
    const { overview, overview_step, tiles, width, columns, start, step } = this.facts;
    const coarse = this.tile(overview);
    const part = (left, right) => coarse &&
      [this.image(coarse), (left - start) / overview_step, (right - left) / overview_step, left, right];
    const end = start + columns * step;
    if ((to - from) / pixels > 0.7 * overview_step || overview_step <= step) return [part(start, end)].filter(Boolean);
    const [first, last] = [from, to].map((t) => clamp(Math.floor((t - start) / (step * width)), 0, tiles.length - 1));
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const left = start + (first + i) * width * step;
      const right = Math.min(left + width * step, end);
      const tile = this.tile(tiles[first + i]);
      return tile ? [this.image(tile), 0, tile.width, left, right] : part(left, right);
    }).filter(Boolean);
  }

  // The value of a cell in the picture's unit, as fine as it is loaded; undefined outside. `up` is 0 at the bottom edge.
  at(time, up) {
    const { overview, overview_step, tiles, width, start, step, rows, low, high, signed } = this.facts;
    const column = Math.floor((time - start) / step);
    const fine = this.tiles.get(tiles[Math.floor(column / width)]);
    const tile = fine ?? this.tiles.get(overview);
    if (!tile || up < 0 || up >= 1) return undefined;
    const x = fine ? column % width : Math.floor((time - start) / overview_step);
    const byte = tile.bytes[(rows - 1 - Math.floor(up * rows)) * tile.width + x];
    if (byte === undefined || x < 0 || x >= tile.width) return undefined;
    return signed ? ((byte - 128) / 127) * high : low + (byte / 255) * (high - low);
  }
}

function canvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

// The bytes of a grey picture, row by row.
function grey(bitmap) {
  const { width, height } = bitmap;
  const pen = canvas(width, height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  return { width, height, bytes: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]), image: null };
}
