/**
 * One parameter of a transform. Parsing, formatting, the plan, GraphQL's input, the API document and docs/delivery.md derive from it.
 */
export interface Parameter<Value, Given = Value> {
  /** What it does. */
  readonly description: string;
  /** The accepted values, as an error states them. */
  readonly accepted: string;
  /** The value of a transform without the parameter; null leaves it to the format or the image. */
  readonly fallback: Value;
  /** Whether the value is a part of the plan as it is, for a step of the pipeline; null in the plan if it is the fallback. */
  readonly isEffect: boolean;
  /** The value of a query, or undefined if the text is malformed. */
  read(text: string): Given | undefined;
  /** The value in its one spelling, or undefined if it is out of range. */
  normalise(given: Given): Value | undefined;
  /** What `read` reads back, without any character that a query would have to escape. */
  write(value: NonNullable<Value>): string;
}

interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Whether only whole numbers are accepted. */
  readonly whole?: boolean;
}

export interface NumberParameter<Value extends number | null> extends Parameter<Value, number> {
  readonly kind: 'number';
  readonly range: NumberRange;
  /** The scalar of GraphQL, and what its values mean. */
  readonly scalar: { readonly name: string; readonly description: string };
}

export interface ChoiceParameter<Word extends string> extends Parameter<Word> {
  readonly kind: 'choice';
  /** Each word with what it means. */
  readonly words: Readonly<Record<Word, string>>;
  /** The enum of GraphQL, which has the same words in capitals. */
  readonly enum: { readonly name: string; readonly description: string };
}

export interface ToggleParameter extends Parameter<boolean> {
  readonly kind: 'toggle';
}

export interface TextParameter<Value extends string> extends Parameter<Value | null, string> {
  readonly kind: 'text';
  readonly isEffect: false;
}

/** GraphQL has fields of their own for it. */
export interface CustomParameter<Value> extends Parameter<Value> {
  readonly kind: 'custom';
  readonly isEffect: false;
}

// fifteen digits stay exact as a number, so that no size overflows before the plan clamps it
const wholePattern = /^\d{1,15}$/;
const decimalPattern = /^\d{1,15}(?:\.\d{1,15})?$/;

export const readWhole = (text: string): number | undefined => (wholePattern.test(text) ? Number(text) : undefined);
export const readDecimal = (text: string): number | undefined => (decimalPattern.test(text) ? Number(text) : undefined);

export const readWord =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word | undefined =>
    words.find((word) => word === text);

/** Fewer distinct values are fewer variants to render and keep; nobody sees what is rounded away. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

interface Described<Value> {
  readonly description: string;
  readonly fallback: Value;
}

export const numberParameter = <Value extends number | null, IsEffect extends boolean = false>({
  unit = '',
  isEffect,
  ...rest
}: Described<Value> &
  Pick<NumberParameter<Value>, 'range' | 'scalar'> & {
    /** Follows "number" in errors, such as ` of pixels`. */
    readonly unit?: string;
    readonly isEffect?: IsEffect;
  }) => {
  const { min, max, whole = false } = rest.range;
  return {
    kind: 'number',
    ...rest,
    isEffect: (isEffect ?? false) as IsEffect,
    accepted: `must be a ${whole ? 'whole ' : ''}number${unit} from ${min} to ${max}.`,
    read: whole ? readWhole : readDecimal,
    normalise: (given: number) =>
      given >= min && given <= max && (!whole || Number.isInteger(given)) ? (rounded(given, 2) as Value) : undefined,
    write: String,
  } as const satisfies NumberParameter<Value>;
};

export const choiceParameter = <Word extends string, IsEffect extends boolean = false>({
  aliases = {},
  isEffect,
  ...rest
}: Described<NoInfer<Word>> &
  Pick<ChoiceParameter<Word>, 'words' | 'enum'> & {
    /** Other spellings in a query. */
    readonly aliases?: Readonly<Record<string, NoInfer<Word>>>;
    readonly isEffect?: IsEffect;
  }) => {
  const words = Object.keys(rest.words) as Word[];
  const also = Object.entries(aliases).map(([alias, word]) => `; ${alias} is ${word}`);
  const read = readWord(words);
  return {
    kind: 'choice',
    ...rest,
    isEffect: (isEffect ?? false) as IsEffect,
    accepted: `must be ${oneOf(words)}${also.join('')}.`,
    read: (text: string) => (Object.hasOwn(aliases, text) ? aliases[text] : read(text)),
    normalise: (given: Word) => read(given),
    write: String,
  } as const satisfies ChoiceParameter<Word>;
};

export const toggleParameter = <IsEffect extends boolean = false>({
  isEffect,
  ...rest
}: Omit<Described<boolean>, 'fallback'> & { readonly isEffect?: IsEffect }) =>
  ({
    kind: 'toggle',
    ...rest,
    fallback: false,
    isEffect: (isEffect ?? false) as IsEffect,
    accepted: 'must be 0 or 1.',
    read: (text: string) => (text === '1' ? true : text === '0' ? false : undefined),
    normalise: (given: boolean) => given,
    write: (value: boolean) => (value ? '1' : '0'),
  }) as const satisfies ToggleParameter;
