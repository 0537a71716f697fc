// Reads an answer to its end and throws it away. Arguments: address, token. Fails where it is no 200, or cut.
import { get } from 'node:http';

const [address, token] = process.argv.slice(2);
get(address, { headers: { authorization: `Bearer ${token}` } }, (answer) => {
  if (answer.statusCode !== 200) throw new Error(`The answer was ${answer.statusCode}.`);
  // One that is cut emits an error, which ends the process with 1.
  answer.resume();
});
