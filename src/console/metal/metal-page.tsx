import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { DeleteMetalImage } from './delete-metal-image.js';
import { MetalForm } from './metal-form.js';
import type { MetalCard } from './metal-list.js';
import { MetalTable } from './metal-table.js';
import { byOperatingSystem } from './metal-versions.js';
import { Orphans } from './orphans.js';

type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'edit'; readonly image: MetalCard }
  | { readonly kind: 'delete'; readonly image: MetalCard }
  | { readonly kind: 'orphans' };

/** The operating-system images, each system with its versions. */
export const MetalPage = (): JSX.Element => {
  const { session, metal } = useConsole();
  const [open, setOpen] = useState<Open | null>(null);
  const mayEdit = session.may('METAL_ADMIN');
  const images = metal.images.value;
  useEffect(() => {
    metal.show();
    return () => metal.hide();
  }, []);
  const close = (): void => setOpen(null);
  return (
    <section class="metal-page">
      <div class="metal-page-head">
        <h1>Metal images</h1>
        {mayEdit && (
          <div class="buttons">
            <button type="button" class="button" onClick={() => setOpen({ kind: 'orphans' })}>
              Find orphans…
            </button>
            <button type="button" class="button primary" onClick={() => setOpen({ kind: 'create' })}>
              New metal image…
            </button>
          </div>
        )}
      </div>
      {metal.problem.value !== null && (
        <div class="notice problem" role="alert">
          <p>{metal.problem.value}</p>
          <button type="button" class="button" onClick={() => void metal.reload()}>
            Try again
          </button>
        </div>
      )}
      {images.length === 0 && metal.isLoading.value && (
        <p class="muted" role="status">
          Loading…
        </p>
      )}
      {images.length === 0 && !metal.isLoading.value && metal.problem.value === null && (
        <p class="metal-page-empty">There are no metal images yet.</p>
      )}
      {byOperatingSystem(images).map(([os, versions]) => (
        <MetalTable
          key={os}
          os={os}
          images={versions}
          mayEdit={mayEdit}
          onEdit={(image) => setOpen({ kind: 'edit', image })}
          onDelete={(image) => setOpen({ kind: 'delete', image })}
        />
      ))}
      {open?.kind === 'create' && <MetalForm image={null} onClose={close} />}
      {open?.kind === 'edit' && <MetalForm image={open.image} onClose={close} />}
      {open?.kind === 'delete' && <DeleteMetalImage image={open.image} onClose={close} />}
      {open?.kind === 'orphans' && <Orphans onClose={close} />}
    </section>
  );
};
