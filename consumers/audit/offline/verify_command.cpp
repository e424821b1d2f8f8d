#include "consumers/audit/offline/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "common/base/base64.h"
#include "common/http/encoding.h"
#include "common/service/flags.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

using verify::Finding;
using verify::PartitionReport;
using verify::VerifyOptions;
using verify::VerifyReport;

constexpr const char* verify_program = "godwit-audit verify";

// A vkey, or a file with one a line.
Status take_keys(const std::string& given, std::vector<ledger::VerifierKey>& out) {
  if (const auto key = ledger::VerifierKey::parse(given)) {
    out.push_back(*key);
    return Done{};
  }
  std::ifstream file{given};
  if (!file) return invalid_error(fmt::format("--key {}: neither a verifier key nor a file with one", given));
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    const auto key = ledger::VerifierKey::parse(line);
    if (!key) return invalid_error(fmt::format("--key {}: {}", given, key.error().message));
    out.push_back(*key);
  }
  return Done{};
}

// Who gives no key checks the store with the key that lies in it.
Status take_own_keys(VerifyOptions& options) {
  for (const std::string& data : options.data) {
    const auto signer = ledger::read_key_file(verify::key_file(data));
    if (!signer)
      return invalid_error(fmt::format("{}; give the public key with --key, or say --without-checkpoints",
                                       signer.error().message));
    options.keys.push_back(signer->verifier());
    fmt::print(
        "the key is the one in the store itself, {}: who can change the store may have changed it too; "
        "pin yours with --key\n",
        signer->verifier().text());
  }
  return Done{};
}

void print(const Finding& finding) {
  fmt::print("{}\n", http::printable(finding.text()));  // names in a store are whoever's
  for (const std::string& text : finding.evidence) fmt::print("{}\n", text);
}

int tell(const VerifyReport& report, bool without_checkpoints) {
  std::uint64_t records = 0;
  for (const Finding& finding : report.findings) print(finding);
  for (const PartitionReport& each : report.partitions) {
    for (const Finding& finding : each.findings) print(finding);
    if (each.findings_more > 0) fmt::print("{}: {} further findings\n", each.origin, each.findings_more);
  }
  for (const PartitionReport& each : report.partitions) {
    records += each.size;
    fmt::print("{} size {} root {} {}{}{}\n", each.origin, each.size, base64(ledger::as_bytes(each.root)),
               without_checkpoints ? std::string{"checkpoints not looked at"}
                                   : fmt::format("signed {}", each.signed_size),
               each.pruned > 0 ? fmt::format(" pruned {}", each.pruned) : "",
               each.redacted > 0 ? fmt::format(" redacted {}", each.redacted) : "");
  }
  const std::uint64_t findings = report.findings_count();
  if (findings > 0) {
    fmt::print("NOT well: {} findings in {} partitions, {} records\n", findings, report.partitions.size(),
               records);
    return 1;
  }
  fmt::print("{}: {} partitions, {} records\n",
             without_checkpoints
                 ? "the stores agree with themselves; nothing says that they are the ones signed"
                 : "all is well",
             report.partitions.size(), records);
  return 0;
}

}  // namespace

int run_verify(int argc, const char* const* argv) {
  service::Flags flags{verify_program,
                       "Checks the audit's files: every record, tree, segment and checkpoint."};
  VerifyOptions options;
  std::vector<std::string> keys;
  flags.texts("data", options.data, "Data directory of godwit-audit; may be repeated: all instances");
  flags.texts("key", keys, "The public key (`godwit-audit key`), or a file with it; may be repeated");
  flags.texts("checkpoints", options.exports,
              "What godwit.checkpoints holds, written by `godwit tail --format log`; may be repeated");
  flags.text("archive", options.archive,
             "Where pruned segments lie (--archive of godwit-audit), to be checked too");
  constexpr std::int64_t threads_max = 1024;
  auto threads = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  flags.integer("threads", threads, 1, threads_max, "Partitions checked at once");
  flags.flag("without-checkpoints", options.without_checkpoints,
             "Only whether each store agrees with itself; it may still be another one");
  if (const auto status = flags.parse(argc, argv)) return *status;
  options.threads = static_cast<std::size_t>(threads);
  if (options.data.empty()) options.data.emplace_back("godwit-data");
  if (options.without_checkpoints && (!keys.empty() || !options.exports.empty()))
    return service::usage_error(verify_program, "--without-checkpoints looks at no key and no checkpoints");
  for (const std::string& key : keys)
    if (Status taken = take_keys(key, options.keys); !taken)
      return service::usage_error(verify_program, taken.error().message);
  if (options.keys.empty() && !options.without_checkpoints)
    if (Status taken = take_own_keys(options); !taken)
      return service::usage_error(verify_program, taken.error().message);
  const auto report = verify::verify_data(options);
  if (!report) return service::usage_error(verify_program, report.error().message);
  return tell(*report, options.without_checkpoints);
}

}  // namespace godwit::audit::offline
