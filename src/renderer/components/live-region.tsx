/** Says things to screen readers: politely, or at once. */

export interface LiveRegionProps {
  readonly polite: string;
  readonly assertive: string;
}

export function LiveRegion({ polite, assertive }: LiveRegionProps) {
  return (
    <>
      <div aria-live="polite" className="unseen">
        {polite}
      </div>
      <div aria-live="assertive" className="unseen">
        {assertive}
      </div>
    </>
  );
}
