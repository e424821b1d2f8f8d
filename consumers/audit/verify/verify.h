// The check of whole data directories, offline: files and public key are all it needs.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/keys.h"
#include "consumers/audit/verify/finding.h"

namespace godwit::audit::verify {

struct VerifyOptions {
  // Of one instance, or of all: partitions move, and what one instance was given away by is with another.
  std::vector<std::string> data = {};
  std::vector<ledger::VerifierKey> keys = {};  // pinned by whoever asks
  std::vector<std::string> exports = {};       // files of what godwit.checkpoints holds
  std::string archive = {};                    // where pruned segments lie; empty: they are not looked at
  std::size_t threads = 1;                     // partitions checked at once
  bool without_checkpoints = false;            // then only that each store agrees with itself is checked
};

struct VerifyReport {
  std::vector<PartitionReport> partitions = {};
  std::vector<Finding> findings = {};  // of no partition's store

  // Of all; those beyond the bound of a partition too.
  std::uint64_t findings_count() const;
};

// The files of the audit in a data directory.
std::string store_folder(const std::string& data);
std::string signed_file(const std::string& data);
std::string key_file(const std::string& data);
std::string redactions_file(const std::string& data);
std::string own_events_file(const std::string& data);

// An error when there is nothing to check: no store, or something that cannot be read at all. Everything
// else that is wrong is a finding.
Result<VerifyReport> verify_data(const VerifyOptions& options);

}  // namespace godwit::audit::verify
