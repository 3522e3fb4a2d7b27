import { sql, type Kysely, type Migration } from 'kysely';

/** Every change of the tables, oldest first. One that was released is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-studies': {
    async up(db: Kysely<unknown>) {
      await createStudies(db);
      await createTasks(db);
      await createNodes(db);
    },
  },
  '0002-sharing': {
    async up(db: Kysely<unknown>) {
      await addSharing(db);
      await createDeadLetters(db);
    },
  },
  '0003-gangs': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('tasks').addColumn('gang', 'text').execute();
    },
  },
};

async function createStudies(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('studies')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('spec', 'json', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('look', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'timestamptz', (c) => c.notNull())
    .addColumn('finished_at', 'timestamptz')
    .execute();
}

async function createTasks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tasks')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('number', 'serial', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('input', 'json', (c) => c.notNull())
    .addColumn('needs', 'json', (c) => c.notNull())
    .addColumn('study_id', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('last_attempt', 'integer', (c) => c.notNull())
    .addColumn('next_at', 'timestamptz', (c) => c.notNull())
    .addColumn('lease_until', 'timestamptz')
    .addColumn('progress', 'double precision')
    .addColumn('message', 'text')
    .addColumn('error', 'json')
    .addColumn('output', 'json')
    .addColumn('seconds', 'double precision')
    .execute();
  await db.schema
    .createIndex('tasks_to_send')
    .on('tasks')
    .columns(['number'])
    .where(sql.ref('status'), '=', sql.lit('ready'))
    .execute();
}

async function createNodes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('nodes')
    .addColumn('study_id', 'text', (c) => c.notNull().references('studies.id').onDelete('cascade'))
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('deps', 'json', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.references('tasks.id'))
    .addColumn('status', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('nodes_primary', ['study_id', 'key'])
    .execute();
  await db.schema.createIndex('nodes_by_task').on('nodes').column('task_id').execute();
}

async function addSharing(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('studies')
    .addColumn('priority', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('tasks')
    .addColumn('interruptions', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('sent_at', 'timestamptz')
    .execute();
  for (const status of ['ready', 'sent']) {
    await db.schema
      .createIndex(`tasks_${status}_of_study`)
      .on('tasks')
      .columns(['study_id', 'kind', 'number'])
      .where(sql.ref('status'), '=', sql.lit(status))
      .execute();
  }
}

async function createDeadLetters(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('dead_letters')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('topic', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('base64', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('received_at', 'timestamptz', (c) => c.notNull())
    .execute();
}
