/** The frame of a screen: a title with actions, sections below, at most 1,400 px wide. */

import type { ReactNode } from 'react';
import { useId } from 'react';
import { cx } from './cx.ts';
import styles from './page.module.css';

export interface PageProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The screen fills the window and scrolls inside (tables) instead of as a whole. */
  readonly fill?: boolean;
}

export function Page({ title, subtitle, actions, children, fill = false }: PageProps) {
  return (
    <div className={cx(styles.page, fill && styles.fill)}>
      <header className={cx(styles.header)}>
        <div>
          <h1 className={cx(styles.title)}>{title}</h1>
          {subtitle !== undefined && <p className={cx(styles.subtitle)}>{subtitle}</p>}
        </div>
        {actions !== undefined && <div className={cx(styles.actions)}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface SectionProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The content touches the edges: tables and lists. */
  readonly flush?: boolean;
  readonly className?: string;
  readonly level?: 2 | 3;
}

/** A titled card. */
export function Section({ title, description, actions, children, flush, className, level = 2 }: SectionProps) {
  const id = useId();
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section aria-labelledby={id} className={cx(styles.section, className)}>
      <header className={cx(styles.sectionHeader)}>
        <div>
          <Heading id={id} className={cx(styles.sectionTitle)}>
            {title}
          </Heading>
          {description !== undefined && <p className={cx(styles.description)}>{description}</p>}
        </div>
        {actions !== undefined && <div className={cx(styles.actions)}>{actions}</div>}
      </header>
      <div className={cx(flush ? styles.flush : styles.content)}>{children}</div>
    </section>
  );
}
