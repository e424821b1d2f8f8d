// SignedHeads: what was signed, in a small file of its own that outlives rebuilds: no tree is ever signed
// that is smaller than, or no continuation of, one that was. Private to consumers/audit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/tree.h"

namespace godwit::audit {

struct SignedHead {
  ledger::TreeHead head;
  std::string note;           // byte for byte
  ledger::Frontier frontier;  // of that tree: a log whose beginning is gone can be followed from here
};

// A row as it lies in the file, for whoever is to judge it. Of a connection that may be read-only;
// StoreFailure passes through.
struct KeptHead {
  std::string origin;
  std::uint64_t size = 0;
  std::string root, note, frontier;  // bytes
};
std::vector<KeptHead> kept_heads(sqlite::Database& db);

// Used by one thread at a time. StoreFailure passes through.
class SignedHeads {
 public:
  static Result<SignedHeads> open(const std::string& path);

  // The largest that was signed.
  std::optional<SignedHead> latest(const std::string& origin);
  // The smallest with at least that many leaves.
  std::optional<SignedHead> covering(const std::string& origin, std::uint64_t size);
  // Compare and swap: kept only when the latest is still `expected`. On disk when it returns true.
  bool add(const std::string& origin, std::optional<std::uint64_t> expected, const SignedHead& head);

  // Those not yet known to be in the log, oldest first.
  struct Unpublished {
    std::string origin;
    SignedHead head;
  };
  std::vector<Unpublished> unpublished(std::int64_t heads_max);
  void mark_published(const std::string& origin, std::uint64_t size);

 private:
  explicit SignedHeads(sqlite::Database db) : db_(std::move(db)) {}

  sqlite::Database db_;
};

}  // namespace godwit::audit
