import { readFile } from "node:fs/promises";

/**
 * What a PNG shows, in numbers: how many colours it has, and how light it is (0 to 255). The browser that made it
 * decodes it.
 */
export async function picture(page, file) {
  const source = `data:image/png;base64,${await readFile(file, "base64")}`;
  const canvas = await page.context().newPage();
  try {
    return await canvas.evaluate(measured, source);
  } finally {
    await canvas.close();
  }
}

async function measured(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const { width, height } = image;
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colours = new Set();
  let light = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = data.subarray(i, i + 3);
    colours.add((red << 16) | (green << 8) | blue);
    light += 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  return { colours: colours.size, luminance: light / (data.length / 4) };
}
