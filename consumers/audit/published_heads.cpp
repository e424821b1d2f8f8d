#include "consumers/audit/published_heads.h"

#include <algorithm>
#include <utility>

#include "common/base/base64.h"
#include "common/base/log.h"
#include "common/json/fields.h"

namespace godwit::audit {
namespace {

// nullopt for what is no checkpoint of that key. Whoever may write to the topic can write anything there.
std::optional<std::pair<ledger::Origin, SignedHead>> read_head(const stream::Record& record,
                                                               const ledger::VerifierKey& key) {
  if (!record.value) return std::nullopt;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(record.value->data(), record.value->size());
  if (document.HasParseError()) return std::nullopt;
  const json::Object in{document};
  const auto note = in.text("note");
  const auto packed = in.text("frontier");
  const auto bytes = packed ? from_base64(*packed) : std::nullopt;
  if (!note || !bytes) return std::nullopt;
  auto frontier = ledger::Frontier::parse(*bytes);
  auto checkpoint = ledger::open_checkpoint(*note, {key});
  if (!frontier || !checkpoint) return std::nullopt;
  ledger::Hasher hasher;
  if (frontier->size != checkpoint->head.size || frontier->root(hasher) != checkpoint->head.root)
    return std::nullopt;
  return std::pair{std::move(checkpoint->origin), SignedHead{checkpoint->head, *note, std::move(*frontier)}};
}

}  // namespace

Result<std::int64_t> PublishedHeads::read(std::optional<std::int64_t> newest, const ledger::VerifierKey& key,
                                          std::map<std::string, SignedHead>& found) const {
  std::int64_t records = 0, others = 0;
  const Status done = read_(topic_, newest, [&](const stream::Record& record) {
    ++records;
    auto head = read_head(record, key);
    if (!head) {
      ++others;
      return;
    }
    const std::string origin = head->first.text();
    const auto known = found.find(origin);
    if (known == found.end() || known->second.head.size < head->second.head.size)
      found.insert_or_assign(origin, std::move(head->second));
  });
  if (!done) return done.error();
  if (others > 0)
    log_warn("{} records of {} are no checkpoints signed by {}; all instances must have one key", others,
             topic_, key.text());
  return records;
}

Status PublishedHeads::learn(const std::vector<std::string>& origins, const ledger::VerifierKey& key) {
  std::vector<std::string> asked;
  for (const std::string& origin : origins)
    if (!knows(origin)) asked.push_back(origin);
  if (asked.empty()) return Done{};
  std::map<std::string, SignedHead> found;
  if (read_) {
    const auto records = read(newest_max, key, found);
    if (!records) return records.error();
    const bool all_found = std::all_of(asked.begin(), asked.end(),
                                       [&](const std::string& origin) { return found.contains(origin); });
    if (!all_found && *records >= newest_max)
      if (const auto whole = read(std::nullopt, key, found); !whole) return whole.error();
  }
  for (const std::string& origin : asked) {
    const auto head = found.find(origin);
    known_.emplace(origin, head == found.end() ? std::nullopt : std::optional{head->second});
  }
  return Done{};
}

}  // namespace godwit::audit
