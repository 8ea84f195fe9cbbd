const LONGEST_SIDE = 2000;
const SHRINKABLE = ['image/jpeg', 'image/png', 'image/webp'];

/** The photo with its longer side at most 2000 pixels; what is smaller, or no photo, stays as it is. */
export async function shrunk(file: File): Promise<{ blob: Blob; name: string }> {
  const same = { blob: file, name: file.name };
  if (!SHRINKABLE.includes(file.type)) return same;
  try {
    const picture = await createImageBitmap(file);
    const scale = LONGEST_SIDE / Math.max(picture.width, picture.height);
    if (scale >= 1) return same;
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const type = file.type === 'image/png' ? 'image/png' : 'image/jpeg';
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.85));
    if (!blob || blob.size >= file.size) return same;
    return { blob, name: type === file.type ? file.name : file.name.replace(/\.\w+$/, '.jpg') };
  } catch {
    return same; // Not a picture after all: the server judges it.
  }
}
