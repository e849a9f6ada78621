/** The server's rule; said before it is broken. */
export const PASSWORD_MIN = 10;
