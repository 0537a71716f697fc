import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

/** A dialog whose close button has a name. */
export function Dialog({
  title,
  isOpen,
  onClose,
  isWide,
  isKept = false,
  children,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  isWide?: boolean;
  /** It holds what is shown only once: a click beside it, the second of a double click for one, must not close it. */
  isKept?: boolean;
  children: ReactNode;
}) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size={isWide ? 'xl' : 'md'}
      closeOnClickOutside={!isKept}
      closeOnEscape={!isKept}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  );
}
