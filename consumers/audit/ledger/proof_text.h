// The proof of one record as a text that can be checked offline (c2sp.org/tlog-proof@v1; files end in
// .tlog-proof): leaf index, path to the root, and the signed checkpoint as it was published.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/proof.h"

namespace godwit::audit::ledger {

struct ProofText {
  // Vouched for by nobody. Godwit puts the leaf data here: with it the holder of a proof needs nothing else
  // to compare the record's offset, time, key, headers and the hash of its value.
  std::optional<std::string> extra = {};
  std::uint64_t index = 0;
  Proof proof = {};
  std::string checkpoint;  // the note, byte for byte

  std::string text() const;
  // Only the form, verifying nothing. `invalid` and why for anything text() would not have written.
  static Result<ProofText> parse(std::string_view text);

  bool operator==(const ProofText&) const = default;
};

// Of a text that is read: `extra` may hold leaf data with its key and headers, and Kafka's records have 1 MB.
inline constexpr std::size_t proof_text_bytes_max = 4'000'000;

// What the proof's checkpoint says, once it is signed by one of `keys` and `leaf_hash` is its leaf `index`.
Result<Checkpoint> verify_proof(Hasher& hasher, const ProofText& proof, const Digest& leaf_hash,
                                const std::vector<VerifierKey>& keys);

}  // namespace godwit::audit::ledger
