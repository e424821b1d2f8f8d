// Finding: one thing in the audit's files that is not as it should be, told exactly; and what is said of each
// partition.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::verify {

struct Finding {
  std::string origin;                       // or the file, when that does not tell
  std::optional<std::uint64_t> index = {};  // of a record
  std::optional<std::uint64_t> size = {};   // of a tree: its first `size` records
  std::string what = {};                    // one line
  std::vector<std::string> evidence = {};   // texts that speak for themselves, such as two notes

  // "godwit/c1/platform.activity/3: record 17: its value is not what its leaf says"
  std::string text() const;

  bool operator==(const Finding&) const = default;
};

// Of one partition's store. A store with nothing right in it does not fill the memory: what is found beyond
// findings_max is counted.
struct PartitionReport {
  static constexpr std::size_t findings_max = 1'000;

  std::string origin = {};
  std::string file = {};
  std::uint64_t size = 0;                  // records, as far as they could be read
  std::uint64_t pruned = 0, redacted = 0;  // of them: only their hashes are left, without their values
  ledger::Digest root = {};
  std::uint64_t signed_size = 0;  // of the largest checkpoint the records agree with
  std::vector<Finding> findings = {};
  std::uint64_t findings_more = 0;

  void add(Finding finding);
  void at_index(std::uint64_t index, std::string what);
  void at_size(std::uint64_t size, std::string what);
  void on_the_whole(std::string what);
  bool well() const { return findings.empty(); }
};

}  // namespace godwit::audit::verify
