import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

/** A dialog whose close button has a name. */
export function Dialog({
  title,
  isOpen,
  onClose,
  isWide,
  children,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  isWide?: boolean;
  children: ReactNode;
}) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size={isWide ? 'xl' : 'md'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  );
}
