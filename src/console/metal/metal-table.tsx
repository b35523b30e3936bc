import type { JSX } from 'preact';
import { formatDate } from '../ui/format-date.js';
import type { MetalCard } from './metal-list.js';
import { latestIds } from './metal-versions.js';

interface MetalTableProps {
  readonly os: string;
  readonly images: readonly MetalCard[];
  readonly mayEdit: boolean;
  readonly onEdit: (image: MetalCard) => void;
  readonly onDelete: (image: MetalCard) => void;
}

/** The versions of one operating system, the highest first. */
export const MetalTable = ({ os, images, mayEdit, onEdit, onDelete }: MetalTableProps): JSX.Element => {
  const latest = latestIds(images);
  return (
    <section class="metal-table" aria-label={os}>
      <h2>{os}</h2>
      <div>
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Name</th>
              <th scope="col">Stage</th>
              <th scope="col">Expires</th>
              <th scope="col">Used by</th>
              {mayEdit && (
                <th scope="col">
                  <span class="visually-hidden">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {images.map((image) => (
              <tr key={image.id} data-expired={image.isExpired}>
                <th scope="row">
                  {/* as in the id, which machines are given: `version` has no zeros in front */}
                  {image.imageId.slice(image.os.length + 1)}
                  {latest.has(image.id) && (
                    <>
                      {' '}
                      <span class="metal-table-latest">latest</span>
                    </>
                  )}
                </th>
                <td dir="auto">{image.name}</td>
                <td>{image.classification.toLowerCase()}</td>
                <td>
                  {image.isExpired && <strong>Expired </strong>}
                  <time dateTime={image.expirationDate}>{formatDate(image.expirationDate)}</time>
                </td>
                <td>
                  <Machines ids={image.usedBy} />
                </td>
                {mayEdit && (
                  <td>
                    <button type="button" class="button quiet" onClick={() => onEdit(image)}>
                      Edit<span class="visually-hidden"> {image.imageId}</span>
                    </button>
                    <button type="button" class="button quiet" onClick={() => onDelete(image)}>
                      Delete<span class="visually-hidden"> {image.imageId}</span>
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const Machines = ({ ids }: { readonly ids: readonly string[] }): JSX.Element => {
  if (ids.length === 0) return <span class="muted">nothing</span>;
  return (
    <details>
      <summary>{ids.length === 1 ? '1 machine' : `${ids.length} machines`}</summary>
      <ul>
        {ids.map((id) => (
          <li key={id}>
            <code>{id}</code>
          </li>
        ))}
      </ul>
    </details>
  );
};
