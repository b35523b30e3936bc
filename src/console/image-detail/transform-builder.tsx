import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import { useConsole } from '../app/context.js';
import { messageOf, type Session } from '../app/session.js';
import {
  type ImageColor,
  type ImageDetailFragment,
  type ImageFit,
  type ImageFocus,
  PresetVariantDocument,
  SourcesDocument,
  VariantDocument,
} from '../generated/graphql.js';
import { nameOf } from '../images/image-words.js';
import { Choice } from '../ui/choice.js';
import { CopyField } from '../ui/copy-field.js';
import { formatBytes } from '../ui/format-bytes.js';
import {
  defaultSettings,
  graphqlValue,
  htmlAttribute,
  srcsetWidths,
  type TransformSettings,
  transformOf,
  type VariantFormat,
} from './transform-settings.js';

const fits = { COVER: 'Cover: crop', CONTAIN: 'Contain: pad', INSIDE: 'Inside: only scale', FILL: 'Fill: stretch' };
const focuses = { FOCAL_POINT: 'Focal point', CENTER: 'Center', ATTENTION: 'Attention', ENTROPY: 'Detail' };
const colors = { SRGB: 'sRGB', P3: 'Display P3' };
const formats = { AUTO: 'Automatic', JPEG: 'JPEG', PNG: 'PNG', WEBP: 'WebP', AVIF: 'AVIF' };

const typingPauseMs = 300;

interface Result {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly snippets: Readonly<Record<string, string>>;
}

interface Rendered {
  readonly objectUrl: string;
  readonly bytes: number;
  readonly type: string;
}

/** Tries transforms out: the result with its size and type, and what to paste into a page or a program. */
export const TransformBuilder = ({ image }: { readonly image: ImageDetailFragment }): JSX.Element => {
  const { session } = useConsole();
  const presets = session.presets.value;
  const [settings, setSettings] = useState<TransformSettings>(defaultSettings);
  const [result, setResult] = useState<Result | null>(null);
  const [rendered, setRendered] = useState<Rendered | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const canceled = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const next = await (settings.preset ? resultOfPreset : resultOfTransform)(session, image, settings);
        if (canceled.signal.aborted) return;
        setResult(next);
        const bytes = await render(next.url, canceled.signal);
        setRendered(bytes);
        setProblem(null);
      } catch (error) {
        if (!canceled.signal.aborted) setProblem(messageOf(error));
      }
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      canceled.abort();
    };
  }, [settings, image.version, image.metadata.altText]);
  useEffect(() => () => URL.revokeObjectURL(rendered?.objectUrl ?? ''), [rendered]);

  const set = (change: Partial<TransformSettings>): void => setSettings({ ...settings, ...change });
  return (
    <section class="panel transform-builder">
      <h3>Use it</h3>
      {presets.length > 0 && (
        <Choice
          label="Preset"
          value={settings.preset}
          choices={{ '': 'None', ...Object.fromEntries(presets.map(describePreset)) }}
          onChoice={(preset) => set({ preset })}
        />
      )}
      {settings.preset === '' && (
        <div class="transform-builder-settings">
          <NumberField label="Width" value={settings.width} max={2048} onChange={(width) => set({ width })} />
          <NumberField label="Height" value={settings.height} max={2048} onChange={(height) => set({ height })} />
          <Choice<ImageFit> label="Fit" value={settings.fit} choices={fits} onChoice={(fit) => set({ fit })} />
          <Choice<ImageFocus>
            label="Focus"
            value={settings.focus}
            choices={focuses}
            onChoice={(focus) => set({ focus })}
          />
          <Choice<VariantFormat>
            label="Format"
            value={settings.format}
            choices={formats}
            onChoice={(format) => set({ format })}
          />
          <Choice<ImageColor>
            label="Colors"
            value={settings.color}
            choices={colors}
            onChoice={(color) => set({ color })}
          />
          <NumberField label="Quality" value={settings.quality} max={100} onChange={(quality) => set({ quality })} />
          <NumberField label="Blur" value={settings.blur} max={100} step={0.1} onChange={(blur) => set({ blur })} />
          <label class="field">
            Background
            <input
              value={settings.background}
              placeholder="#ffffff"
              spellcheck={false}
              onInput={({ currentTarget }) => set({ background: currentTarget.value })}
            />
          </label>
        </div>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      {rendered && <img class="transform-builder-result" src={rendered.objectUrl} alt={`Result: ${nameOf(image)}`} />}
      <p class="muted" role="status">
        {result && `${result.width} × ${result.height}`}
        {rendered && `, ${rendered.type}, ${formatBytes(rendered.bytes)}`}
      </p>
      {result &&
        Object.entries(result.snippets).map(([name, text]) => <CopyField key={name} label={name} text={text} />)}
    </section>
  );
};

const describePreset = ({ name, eager }: Session['presets']['value'][number]): [name: string, shown: string] => [
  name,
  eager ? `${name} (rendered ahead)` : name,
];

const resultOfPreset = async (
  { run }: Session,
  image: ImageDetailFragment,
  { preset }: TransformSettings,
): Promise<Result> => {
  const { image: found } = await run(PresetVariantDocument, { id: image.id, preset });
  if (!found) throw new Error('The image was deleted.');
  const { variant } = found;
  return {
    ...variant,
    snippets: {
      URL: variant.url,
      '<img>': `<img src=${htmlAttribute(variant.url)} ${sizeAndText(variant, image)}>`,
      GraphQL: graphqlQuery(image, `(preset: ${JSON.stringify(preset)})`),
    },
  };
};

const resultOfTransform = async (
  { run, limits }: Session,
  image: ImageDetailFragment,
  settings: TransformSettings,
): Promise<Result> => {
  const transform = transformOf(settings);
  const shown = transform.width || image.width;
  const widths = srcsetWidths(shown, limits.value?.variantSide ?? shown);
  const { width: _width, height: _height, ...rest } = transform;
  // a srcset has the shape of its transform, and widths of its own
  const shape = transform.width && transform.height ? transform : rest;
  const { image: found } = await run(VariantDocument, { id: image.id, transform, widths });
  if (!found) throw new Error('The image was deleted.');
  const fallback = image.hasAlpha ? 'PNG' : 'JPEG';
  const { image: sources } = await run(SourcesDocument, {
    id: image.id,
    widths,
    avif: { ...shape, format: 'AVIF' },
    webp: { ...shape, format: 'WEBP' },
    fallback: { ...shape, format: fallback },
  });
  const { url, width, height } = found.variant;
  const sizes = htmlAttribute(`(max-width: ${width}px) 100vw, ${width}px`);
  const rests = sizeAndText(found.variant, image);
  // an animation in AVIF would be its first frame
  const avifSource =
    image.frameCount > 1
      ? ''
      : `  <source type="image/avif" srcset=${htmlAttribute(sources?.avif ?? '')} sizes=${sizes}>\n`;
  return {
    url,
    width,
    height,
    snippets: {
      URL: url,
      '<img>': `<img src=${htmlAttribute(url)} srcset=${htmlAttribute(found.srcset)} sizes=${sizes} ${rests}>`,
      '<picture>': `<picture>
${avifSource}  <source type="image/webp" srcset=${htmlAttribute(sources?.webp ?? '')} sizes=${sizes}>
  <img src=${htmlAttribute(url)} srcset=${htmlAttribute(sources?.fallback ?? '')} sizes=${sizes} ${rests}>
</picture>`,
      GraphQL: graphqlQuery(image, Object.keys(transform).length > 0 ? `(transform: ${graphqlValue(transform)})` : ''),
    },
  };
};

const sizeAndText = (
  { width, height }: { readonly width: number; readonly height: number },
  { metadata }: ImageDetailFragment,
): string => `width="${width}" height="${height}" alt=${htmlAttribute(metadata.altText ?? '')}`;

const graphqlQuery = ({ imageId }: ImageDetailFragment, variantArguments: string): string => `{
  image(by: { imageId: "${imageId}" }) {
    metadata { altText }
    variant${variantArguments} { url width height mimeType }
  }
}`;

/** @throws with the server's words if it does not render the variant. */
const render = async (url: string, signal: AbortSignal): Promise<Rendered> => {
  const response = await fetch(localUrl(url), {
    signal,
    headers: { accept: 'image/avif,image/webp,image/png,image/*' },
  });
  if (!response.ok) {
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(error ?? `The server responded with ${response.status}.`);
  }
  const blob = await response.blob();
  return { objectUrl: URL.createObjectURL(blob), bytes: blob.size, type: blob.type };
};

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: string) => void;
}

const NumberField = ({ label, value, max, step = 1, onChange }: NumberFieldProps): JSX.Element => (
  <label class="field">
    {label}
    <input
      type="number"
      min={step}
      max={max}
      step={step}
      value={value}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  </label>
);
