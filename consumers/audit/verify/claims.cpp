#include "consumers/audit/verify/claims.h"

#include <fmt/format.h>

#include "consumers/audit/ledger/checkpoint.h"

namespace godwit::audit::verify {
namespace {

// The size a note says, signed or not: only to name it.
std::optional<std::uint64_t> said_size(const Published& from) {
  if (from.size) return from.size;
  const std::string_view note = from.note;
  const std::size_t blank = note.find("\n\n");
  const auto said = ledger::Checkpoint::parse(blank == note.npos ? note : note.substr(0, blank + 1));
  return said ? std::optional{said->head.size} : std::nullopt;
}

// What is stored beside the note and does not agree with it.
std::optional<std::string> contradiction(const Published& from, const ledger::TreeHead& head) {
  if (from.size && *from.size != head.size) return fmt::format("its note is of size {}", head.size);
  if (from.root && *from.root != ledger::as_bytes(head.root)) return "its note has another root";
  const auto frontier = ledger::Frontier::parse(from.frontier);
  if (!frontier) return "its frontier is damaged: " + frontier.error().message;
  ledger::Hasher hasher;
  if (frontier->size != head.size || frontier->root(hasher) != head.root)
    return "its frontier is not that of its note";
  return std::nullopt;
}

}  // namespace

Claims Claims::verified(const std::vector<Published>& all, const std::vector<ledger::VerifierKey>& keys,
                        std::vector<Finding>& findings) {
  Claims out;
  for (const Published& from : all) {
    const auto wrong = [&](std::string what) {
      findings.push_back({.origin = from.origin,
                          .size = said_size(from),
                          .what = fmt::format("the checkpoint in {}: {}", from.place, what)});
    };
    const auto origin = ledger::Origin::parse(from.origin);
    if (!origin) {
      wrong(origin.error().message);
      continue;
    }
    const auto checkpoint = ledger::open_checkpoint(from.note, keys, *origin);
    if (!checkpoint) {
      wrong(checkpoint.error().message);
      continue;
    }
    if (const auto beside = contradiction(from, checkpoint->head)) wrong(*beside);
    if (checkpoint->head.size > 0) out.add(from, from.origin, checkpoint->head, findings);
  }
  return out;
}

void Claims::add(const Published& from, const std::string& origin, const ledger::TreeHead& head,
                 std::vector<Finding>& findings) {
  auto& kept = by_origin_[origin];
  const auto range = kept.equal_range(head.size);
  for (auto each = range.first; each != range.second; ++each)
    if (each->second.claim.root == head.root) return;
  if (range.first != range.second)
    findings.push_back(
        {.origin = origin,
         .size = head.size,
         .what = fmt::format("two checkpoints are signed that contradict each other ({} and {})",
                             range.first->second.claim.by, from.place),
         .evidence = {range.first->second.note, from.note}});
  kept.emplace(head.size, Kept{{head.size, head.root, from.place}, from.note});
}

std::vector<Claim> Claims::of(const std::string& origin) const {
  std::vector<Claim> out;
  const auto found = by_origin_.find(origin);
  if (found == by_origin_.end()) return out;
  for (const auto& [size, kept] : found->second) out.push_back(kept.claim);
  return out;
}

std::uint64_t Claims::largest(const std::string& origin) const {
  const auto found = by_origin_.find(origin);
  return found == by_origin_.end() ? 0 : found->second.rbegin()->first;
}

std::vector<std::string> Claims::origins() const {
  std::vector<std::string> out;
  for (const auto& [origin, kept] : by_origin_) out.push_back(origin);
  return out;
}

}  // namespace godwit::audit::verify
