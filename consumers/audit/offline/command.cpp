#include "consumers/audit/offline/command.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "common/service/flags.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/offline/compare.h"
#include "consumers/audit/offline/export_tiles.h"
#include "consumers/audit/offline/prove.h"
#include "consumers/audit/offline/redact.h"
#include "consumers/audit/offline/verify_command.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

constexpr const char* data_default = "godwit-data";
constexpr const char* data_help = "Data directory of godwit-audit";

int fail(std::string_view program, const Error& error) {
  fmt::print(stderr, "{}: {}\n", program, error.message);
  return error.kind == ErrorKind::invalid ? 2 : 1;
}

int run_key(int argc, const char* const* argv) {
  constexpr const char* program = "godwit-audit key";
  service::Flags flags{program, "Prints the public key that this store's checkpoints are signed with."};
  std::string data = data_default;
  flags.text("data", data, data_help);
  if (const auto status = flags.parse(argc, argv)) return *status;
  const auto signer = ledger::read_key_file(verify::key_file(data));
  if (!signer) return service::usage_error(program, signer.error().message);
  fmt::print("{}\n", signer->verifier().text());
  return 0;
}

int run_prove(int argc, const char* const* argv) {
  constexpr const char* program = "godwit-audit prove";
  service::Flags flags{program, "Prints the proof that a record is under a signed checkpoint (tlog-proof)."};
  std::string data = data_default, event_id, source;
  flags.text("data", data, data_help);
  flags.required_text("event-id", event_id, "Of the record; topic:partition:offset when it is no event");
  flags.text("source", source, "Of the event, when several have that id");
  if (const auto status = flags.parse(argc, argv)) return *status;
  const auto proof = prove(data, event_id, source.empty() ? std::nullopt : std::optional{source});
  if (!proof) return fail(program, proof.error());
  fmt::print("{}", *proof);
  return 0;
}

// Whether it is told of a difference.
bool tell(const Compared& each) {
  if (!each.size_a || !each.size_b) {
    fmt::print("{} only {} has it\n", each.origin, each.size_a ? "the first" : "the second");
    return false;
  }
  if (each.differs_at) {
    fmt::print("{} record {} is the first that differs ({} and {} records)\n", each.origin, *each.differs_at,
               *each.size_a, *each.size_b);
    return true;
  }
  fmt::print("{} the same, {} and {} records\n", each.origin, *each.size_a, *each.size_b);
  return false;
}

int run_compare(int argc, const char* const* argv) {
  constexpr const char* program = "godwit-audit compare";
  service::Flags flags{program, "Compares the trees of two stores and names the first record that differs."};
  std::string first, second;
  flags.positional("first", first, "Data directory").positional("second", second, "Data directory");
  if (const auto status = flags.parse(argc, argv)) return *status;
  const auto all = compare(first, second);
  if (!all) return fail(program, all.error());
  bool differ = false;
  for (const Compared& each : *all) differ = tell(each) || differ;
  return differ ? 1 : 0;
}

int run_export(int argc, const char* const* argv) {
  constexpr const char* program = "godwit-audit export";
  service::Flags flags{program, "Writes the newest signed trees as files of a static log (tlog-tiles)."};
  std::string data = data_default, folder;
  flags.text("data", data, data_help);
  flags.required_text("tiles", folder, "Folder to write to, with one of its own for each partition");
  if (const auto status = flags.parse(argc, argv)) return *status;
  const auto written = export_tiles(data, folder);
  if (!written) return fail(program, written.error());
  for (const std::string& each : *written) fmt::print("{}\n", each);
  if (!written->empty()) return 0;
  return fail(program, transient_error("no partition has a checkpoint yet"));
}

int run_redact(int argc, const char* const* argv) {
  constexpr const char* program = "godwit-audit redact";
  service::Flags flags{program, "Takes the value out of a record; its leaf, and so every proof, stays."};
  RedactOptions options{.data = data_default, .signing_key = {}, .event_id = {}};
  std::string source;
  flags.text("data", options.data, data_help);
  flags.required_text("event-id", options.event_id,
                      "Of the record; topic:partition:offset when it is no event");
  flags.text("source", source, "Of the event, when several have that id");
  flags.text("reason", options.reason, "Kept, signed and told as an event");
  flags.text("signing-key", options.signing_key,
             "File of the key that signs it (default DATA/audit/signing.key)");
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (!source.empty()) options.source = source;
  if (options.signing_key.empty()) options.signing_key = verify::key_file(options.data);
  const auto redacted = redact(options, SystemClock{});
  if (!redacted) return fail(program, redacted.error());
  for (const keep::Redaction& each : *redacted)
    fmt::print("{} record {} (offset {}) is redacted\n", each.origin.text(), each.index, each.offset);
  return 0;
}

struct Command {
  std::string_view name;
  int (*run)(int argc, const char* const* argv);
};
constexpr std::array<Command, 6> commands{{{"verify", run_verify},
                                           {"prove", run_prove},
                                           {"compare", run_compare},
                                           {"export", run_export},
                                           {"redact", run_redact},
                                           {"key", run_key}}};

}  // namespace

std::optional<int> run_command(int argc, const char* const* argv) {
  if (argc < 2) return std::nullopt;
  for (const Command& each : commands)
    if (each.name == argv[1]) return each.run(argc - 1, argv + 1);
  return std::nullopt;
}

}  // namespace godwit::audit::offline
