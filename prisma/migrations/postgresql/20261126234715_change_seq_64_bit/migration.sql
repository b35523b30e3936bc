-- What `SET DATA TYPE BIGSERIAL` would mean: the column and the sequence that numbers it
ALTER TABLE "Change" ALTER COLUMN "seq" SET DATA TYPE BIGINT;
ALTER SEQUENCE "Change_seq_seq" AS BIGINT;
