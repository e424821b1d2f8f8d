// Checkpoints (c2sp.org/tlog-checkpoint): a tree's size and root, signed. Three lines, no time in them, so
// that the same tree and key always give the same bytes; extension lines, which no monitor could check, are
// refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/note.h"
#include "consumers/audit/ledger/proof.h"

namespace godwit::audit::ledger {

// Which log a tree is of: one partition of one topic of one cluster.
struct Origin {
  std::string cluster;  // Kafka's cluster.id
  std::string topic;
  std::int32_t partition = 0;

  // godwit/<cluster>/<topic>/<partition>. None of the parts may be empty or hold a slash, a space or a plus.
  std::string text() const;
  static Result<Origin> parse(std::string_view text);
  // godwit/<cluster>, the name of the key that signs for every partition of the cluster. The specification
  // would rather have the origin itself; but then an auditor pins one key a partition, and nothing that is of
  // no single partition could be signed. What keeps it safe: open_checkpoint() takes a signature only for
  // origins below the key's name.
  std::string key_name() const;

  bool operator==(const Origin&) const = default;
};

struct Checkpoint {
  Origin origin;
  TreeHead head;

  // The note's text.
  std::string text() const;
  // `invalid` and why for anything text() would not have written.
  static Result<Checkpoint> parse(std::string_view text);

  bool operator==(const Checkpoint&) const = default;
};

// The signed note. The signer's name must be the origin's key_name().
std::string sign_checkpoint(const Signer& signer, const Checkpoint& checkpoint);
// A checkpoint signed by one of `keys` whose name is its origin's key_name(); `invalid` and why otherwise.
Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<VerifierKey>& keys);
// That, and of this origin: two partitions' checkpoints are not to be exchanged.
Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<VerifierKey>& keys,
                                   const Origin& origin);

}  // namespace godwit::audit::ledger
