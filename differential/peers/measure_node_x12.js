// node-x12 on one file, for the benchmark: `tokens` streams its segments, `json` parses the whole and writes JSON.
const fs = require('fs')
const { X12Parser } = require('node-x12')

const [what, path] = process.argv.slice(2)
if (what === 'tokens') {
  let elements = 0
  fs.createReadStream(path, 'utf8')
    .pipe(new X12Parser())
    .on('data', (segment) => { elements += segment.elements.length })
    .on('end', () => console.log(elements, 'elements'))
} else {
  const interchange = new X12Parser().parse(fs.readFileSync(path, 'utf8'))
  console.log(JSON.stringify(interchange.toJSON()).length, 'characters of JSON')
}
