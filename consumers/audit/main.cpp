#include "common/service/consumer.h"
#include "consumers/audit/offline/command.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/settings.h"
#include "consumers/audit/tables.h"
#include "consumers/audit/view.h"

int main(int argc, char** argv) {
  using namespace godwit;
  if (const auto status = audit::offline::run_command(argc, argv)) return *status;
  return service::consumer_main<audit::Audit, audit::Tables, audit::AuditView, audit::Settings>(
      {.program = "godwit-audit",
       .description =
           "Keeps every record of lifecycle and activity, append-only, and answers who did what. "
           "On its files alone: godwit-audit verify, prove, compare, export, redact, key; each has --help.",
       .listen = "127.0.0.1:8082",
       .topics = {"migrations.lifecycle", "platform.activity"},
       .store_key = projection::StoreKey::topic_partition},
      argc, argv);
}
