'use strict';

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Parse JSON so that every number says what it said: one that JavaScript would round, such as
 * 9007199254740993, becomes a text of its digits.
 *
 * Throws a SyntaxError for what is no JSON.
 *
 * @param {string} text
 */
const parseExactly = (text) => {
  const value = JSON.parse(text);
  const exact = text.replace(TOKEN, (token) =>
    token.startsWith('"') || isHeld(token) ? token : `"${token}"`,
  );
  return exact === text ? value : JSON.parse(exact);
};

/** Whether a number is worth the same once JavaScript has read it; 31.80 is, as 31.8. */
const isHeld = (token) => {
  const number = Number(token);
  return Number.isFinite(number) && worth(token) === worth(String(number));
};

/** Its digits that count, and where the point is among them: alike for 1e2, 100 and 100.0. */
const worth = (token) => {
  const [, whole, fraction = '', exponent = '0'] = NUMBER.exec(token);
  const digits = (whole + fraction).replace(/^0+/, '');
  const point = Number(exponent) - fraction.length + (digits.length - digits.replace(/0+$/, '').length);
  const counting = digits.replace(/0+$/, '');
  return counting === '' ? '0' : `${counting}e${point}`;
};

module.exports = { parseExactly };
