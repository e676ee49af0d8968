/** A tree with keyboard, expansion and thousands of rows; only those in view exist. */

import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { Tree as AriaTree, Button, ListLayout, TreeItem, TreeItemContent, Virtualizer } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { cx } from './cx.ts';
import styles from './tree.module.css';

export interface TreeNode<Value> {
  readonly id: string;
  /** What typing finds and screen readers say. */
  readonly label: string;
  readonly value: Value;
  readonly children?: readonly TreeNode<Value>[];
}

export interface TreeProps<Value> {
  readonly label: string;
  readonly nodes: readonly TreeNode<Value>[];
  readonly render: (value: Value) => ReactNode;
  readonly expanded?: Iterable<string>;
  readonly onExpanded?: (ids: ReadonlySet<string>) => void;
  readonly selected?: string | null;
  readonly onSelect?: (id: string | null) => void;
  readonly empty?: ReactNode;
  readonly className?: string;
  /** All rows have this height, in pixels. */
  readonly rowHeight?: number;
}

export function Tree<Value>(props: TreeProps<Value>) {
  const { label, nodes, render, expanded, onExpanded, selected, onSelect, empty, className, rowHeight = 32 } = props;
  return (
    <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight }}>
      <AriaTree
        aria-label={label}
        items={nodes}
        {...(expanded && { expandedKeys: expanded })}
        {...(onExpanded && { onExpandedChange: (keys) => onExpanded(new Set([...keys].map(String))) })}
        {...(onSelect && {
          selectionMode: 'single',
          selectionBehavior: 'replace',
          selectedKeys: selected ? [selected] : [],
          onSelectionChange: (keys) => onSelect(keys === 'all' ? null : ([...keys].map(String)[0] ?? null)),
        })}
        className={cx(styles.tree, className)}
        renderEmptyState={() => empty ?? text.common.noMatch}
      >
        {(node) => <Item node={node} render={render} />}
      </AriaTree>
    </Virtualizer>
  );
}

function Item<Value>({ node, render }: { readonly node: TreeNode<Value>; render: (value: Value) => ReactNode }) {
  return (
    <TreeItem id={node.id} textValue={node.label} className={cx(styles.item)}>
      <TreeItemContent>
        {({ hasChildItems, isExpanded, level }) => (
          <div className={cx(styles.content)} style={{ paddingInlineStart: `${(level - 1) * 1.25}rem` }}>
            {hasChildItems ? (
              <Button
                slot="chevron"
                className={cx(styles.chevron)}
                aria-label={isExpanded ? text.common.collapse : text.common.expand}
              >
                <ChevronRight aria-hidden size={14} />
              </Button>
            ) : (
              <span className={cx(styles.chevron)} />
            )}
            <div className={cx(styles.value)}>{render(node.value)}</div>
          </div>
        )}
      </TreeItemContent>
      {node.children?.map((child) => (
        <Item key={child.id} node={child} render={render} />
      ))}
    </TreeItem>
  );
}
