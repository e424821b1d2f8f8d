#include "consumers/audit/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/verify/partition_check.h"
#include "consumers/audit/verify/published.h"

namespace godwit::audit::verify {
namespace {

Result<std::vector<Published>> read_all(const VerifyOptions& options) {
  std::vector<Published> out;
  const auto take = [&](Result<std::vector<Published>> read) -> Status {
    if (!read) return read.error();
    for (Published& each : *read) out.push_back(std::move(each));
    return Done{};
  };
  for (const std::string& data : options.data)
    if (Status taken = take(read_signed_file(signed_file(data))); !taken) return taken.error();
  for (const std::string& file : options.exports)
    if (Status taken = take(read_export(file)); !taken) return taken.error();
  return out;
}

// What was signed is compared with all the stores of its partition: one that has fallen behind is no finding
// when another goes on, as after the partition has moved.
void require_all_signed(const Claims& claims, VerifyReport& report) {
  std::map<std::string, PartitionReport*> largest;
  for (PartitionReport& each : report.partitions) {
    PartitionReport*& known = largest[each.origin];
    if (known == nullptr || each.size > known->size) known = &each;
  }
  for (const std::string& origin : claims.origins()) {
    const std::uint64_t size = claims.largest(origin);
    const auto found = largest.find(origin);
    if (found == largest.end()) {
      report.findings.push_back(
          {.origin = origin, .size = size, .what = "it was signed, and there is no store of it"});
    } else if (found->second->size < size) {
      found->second->at_size(size,
                             fmt::format("it was signed, and the store has {} records: it was cut off or "
                                         "rolled back",
                                         found->second->size));
    }
  }
  for (PartitionReport& each : report.partitions)
    if (each.size > 0 && claims.of(each.origin).empty())
      each.on_the_whole("there is no checkpoint of it that is signed by the key");
}

std::vector<sqlite::ServingFile> files_of(const std::vector<std::string>& data, VerifyReport& report) {
  std::vector<sqlite::ServingFile> out;
  for (const std::string& each : data) {
    sqlite::ServingFiles serving = sqlite::serving_files(store_folder(each));
    for (std::string& why : serving.unreadable)
      report.findings.push_back({.origin = store_folder(each), .what = std::move(why)});
    for (sqlite::ServingFile& file : serving.files) out.push_back(std::move(file));
  }
  return out;
}

void verify_files(const std::vector<sqlite::ServingFile>& files, const Evidence& evidence,
                  std::size_t threads, VerifyReport& report) {
  report.partitions.resize(files.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++)
      report.partitions[i] = check_partition(files[i].path, files[i].name, evidence);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(threads, files.size()); ++i) others.emplace_back(work);
  work();
}

}  // namespace

std::uint64_t VerifyReport::findings_count() const {
  std::uint64_t out = findings.size();
  for (const PartitionReport& each : partitions) out += each.findings.size() + each.findings_more;
  return out;
}

std::string store_folder(const std::string& data) {
  return fmt::format("{}/{}/v{}", data, Audit::name, Audit::version);
}
std::string signed_file(const std::string& data) { return fmt::format("{}/{}/signed.db", data, Audit::name); }
std::string key_file(const std::string& data) { return fmt::format("{}/{}/signing.key", data, Audit::name); }

Result<VerifyReport> verify_data(const VerifyOptions& options) {
  VerifyReport out;
  Evidence evidence{.archive = options.archive};
  Claims& claims = evidence.claims;
  if (!options.without_checkpoints) {
    // Before the stores: what is signed meanwhile is not looked for in them.
    const auto published = read_all(options);
    if (!published) return published.error();
    claims = Claims::verified(*published, options.keys, out.findings);
    evidence.keys = options.keys;
  }
  for (const std::string& data : options.data) {
    auto redactions = keep::read_redactions(redactions_file(data));
    if (!redactions) return redactions.error();
    for (keep::Redaction& each : *redactions) evidence.redactions.push_back(std::move(each));
  }
  verify_files(files_of(options.data, out), evidence, options.threads, out);
  if (!options.without_checkpoints) require_all_signed(claims, out);
  if (out.partitions.empty() && out.findings.empty())
    return invalid_error(fmt::format("there is no store of the audit in {}", fmt::join(options.data, ", ")));
  return out;
}

std::string redactions_file(const std::string& data) {
  return fmt::format("{}/{}/redactions.db", data, Audit::name);
}
std::string own_events_file(const std::string& data) {
  return fmt::format("{}/{}/own.db", data, Audit::name);
}

}  // namespace godwit::audit::verify
