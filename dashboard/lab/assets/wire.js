// Reads what dashboard/lab/wire.py packs: magic, length, header as JSON, columns.

const MAGIC = 0x314d4c50; // "PLM1"
const ARRAYS = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array };
const reader = new TextDecoder();

export function decode(data) {
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const view = new DataView(bytes);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("not a frame of the lab");
  const length = view.getUint32(4, true);
  const header = JSON.parse(reader.decode(new Uint8Array(bytes, 8, length)));
  const columns = {};
  for (const [name, kind, offset, size, scale, base, none] of header.columns) {
    columns[name] = { codes: new ARRAYS[kind](bytes, 8 + length + offset, size), scale, base, none };
  }
  return { header, columns };
}

// Values of a column, or of `size` of them from `begin` on; NaN where there is none.
export function values(column, begin = 0, size = column.codes.length) {
  const { codes, scale, base, none } = column;
  const found = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const code = codes[begin + i];
    found[i] = code === none ? NaN : base + scale * code;
  }
  return found;
}

export const codesOf = (column, begin = 0, size = column.codes.length) =>
  column.codes.subarray(begin, begin + size);
