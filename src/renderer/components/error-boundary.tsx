/** Keeps a mistake in one part of the page from taking the rest away. */

import type { ReactNode } from 'react';
import { Component } from 'react';
import { text } from '#renderer/text/en.ts';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';

interface ErrorBoundaryProps {
  readonly children: ReactNode;
}

interface ErrorBoundaryState {
  readonly failed: boolean;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { failed: false };

  static getDerivedStateFromError(): ErrorBoundaryState {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Banner
        kind="error"
        live
        title={text.common.crash.title}
        code="page-failed"
        actions={<Button onPress={() => location.reload()}>{text.common.crash.reload}</Button>}
      >
        {text.common.crash.detail}
      </Banner>
    );
  }
}
