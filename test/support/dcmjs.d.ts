/** dcmjs has no types; this much of it is used. */
declare module 'dcmjs' {
  const dcmjs: {
    readonly data: {
      readonly DicomMessage: { readFile(bytes: ArrayBufferLike): { readonly dict: Record<string, unknown> } };
    };
  };
  export default dcmjs;
}
