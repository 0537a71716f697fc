import { describe, expect, it } from '@jest/globals';
import { displayText } from '../../src/history/display-text.js';

describe('displayText', () => {
  it('is what was sent, even if that is empty', () => {
    expect(displayText('sent', [{ text: 'piece' }])).toBe('sent');
    expect(displayText('', [{ text: 'piece' }])).toBe('');
  });

  it('joins the texts of the pieces that have one', () => {
    expect(displayText(null, [{ text: 'a' }, { text: null }, { text: '' }, { text: 'b' }])).toBe('a\n\nb');
  });

  it('is null where nothing has a text', () => {
    expect(displayText(null, [{ text: null }])).toBeNull();
    expect(displayText(null, [])).toBeNull();
  });
});
