/** Lets files be dropped on the page. */
export function acceptDrops(onFile: (file: File) => void): void {
  const { dataset } = document.documentElement;
  const hasFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragover', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    dataset.dragging = '';
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) delete dataset.dragging;
  });
  document.addEventListener('drop', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    delete dataset.dragging;
    const [file] = event.dataTransfer?.files ?? [];
    if (file) onFile(file);
  });
}
