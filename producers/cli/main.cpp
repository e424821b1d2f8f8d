#include "producers/cli/commands.h"

int main(int argc, char** argv) {
  using namespace godwit;
  for (const cli::HandedOver& each : cli::handed_over)
    if (argc > 1 && argv[1] == each.word) return each.run(argc, argv);
  service::Flags flags{"godwit",
                       "Sets up topics, emits and reads events, runs commands as stages, and makes load."};
  service::KafkaFlags kafka;
  kafka.add(flags);
  cli::TopicsCreate topics_create;
  cli::Emit emit;
  cli::Run run;
  cli::SpoolDrain spool_drain;
  cli::Tail tail;
  cli::Replay replay;
  cli::BenchProduce bench_produce;
  auto& topics = flags.subcommand("topics", "The topics Godwit needs");
  topics_create.add(topics.subcommand("create", "Create those that are missing"));
  emit.add(flags.subcommand("emit", "Send one event, or NDJSON from standard input"));
  run.add(flags.subcommand("run",
                           "Run a command and report it as a stage of a migration: godwit run --stage STAGE "
                           "--vm VM -- COMMAND ..."));
  auto& spool = flags.subcommand("spool", "Events on disk that Kafka lacks");
  spool_drain.add(spool.subcommand("drain", "Send what processes that have died left behind"));
  tail.add(flags.subcommand("tail", "Print events as they come"));
  replay.add(flags.subcommand("replay", "Fold a view anew from the log, or an exported log from a file"));
  flags.subcommand("audit", "Check the audit's files and proofs: godwit audit verify --help");
  flags.subcommand("webhooks",
                   "Receive and verify deliveries, to try them out: godwit webhooks listen --help");
  auto& bench = flags.subcommand("bench", "Load and measurements");
  bench_produce.add(bench.subcommand("produce", "Send a seeded load of realistic migrations"));

  if (const auto status = flags.parse(argc, argv)) return *status;
  if (auto finished = kafka.finish("godwit"); !finished)
    return service::usage_error("godwit", finished.error().message);
  if (flags.chosen("topics")) return topics_create.run(kafka.client);
  if (flags.chosen("emit")) return emit.run(kafka.client);
  if (flags.chosen("run")) return run.run(kafka.client);
  if (flags.chosen("spool")) return spool_drain.run(kafka.client);
  if (flags.chosen("tail")) return tail.run(kafka.client);
  if (flags.chosen("replay")) return replay.run();
  return bench_produce.run(kafka.client);
}
