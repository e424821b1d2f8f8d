#include "consumers/audit/ledger/proof_text.h"

#include <fmt/format.h>

#include "common/base/base64.h"
#include "consumers/audit/ledger/lines.h"

namespace godwit::audit::ledger {
namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_mark = "extra ";
constexpr std::string_view index_mark = "index ";
constexpr std::size_t hashes_max = 63;

Error malformed(std::string_view what) { return invalid_error(fmt::format("a proof {}", what)); }

}  // namespace

std::string ProofText::text() const {
  std::string out = fmt::format("{}\n", first_line);
  if (extra) out += fmt::format("{}{}\n", extra_mark, base64(*extra));
  out += fmt::format("{}{}\n", index_mark, index);
  for (const Digest& hash : proof) out += base64(as_bytes(hash)) + "\n";
  return out + "\n" + checkpoint;
}

Result<ProofText> ProofText::parse(std::string_view text) {
  if (text.size() > proof_text_bytes_max) return malformed("is too large");
  if (take_line(text) != first_line) return malformed("does not begin with c2sp.org/tlog-proof@v1");
  ProofText out;
  auto line = take_line(text);
  if (line && line->starts_with(extra_mark)) {
    out.extra = from_base64(line->substr(extra_mark.size()));
    if (!out.extra) return malformed("has extra data that is not in base64");
    line = take_line(text);
  }
  const auto index =
      line && line->starts_with(index_mark) ? parse_decimal(line->substr(index_mark.size())) : std::nullopt;
  if (!index) return malformed("has no index where it belongs");
  out.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    const auto bytes = from_base64(*line);
    const auto hash = bytes ? digest_from(*bytes) : std::nullopt;
    if (!hash || out.proof.size() == hashes_max)
      return malformed("has a path that is not of hashes in base64");
    out.proof.push_back(*hash);
  }
  if (!line || text.empty()) return malformed("has no checkpoint after a blank line");
  out.checkpoint = text;
  return out;
}

Result<Checkpoint> verify_proof(Hasher& hasher, const ProofText& proof, const Digest& leaf_hash,
                                const std::vector<VerifierKey>& keys) {
  auto checkpoint = open_checkpoint(proof.checkpoint, keys);
  if (!checkpoint) return checkpoint;
  const auto included = verify_inclusion(hasher, proof.index, checkpoint->head.size, leaf_hash, proof.proof,
                                         checkpoint->head.root);
  if (!included) return included.error();
  return checkpoint;
}

}  // namespace godwit::audit::ledger
