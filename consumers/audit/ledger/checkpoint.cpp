#include "consumers/audit/ledger/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/base64.h"
#include "common/base/check.h"
#include "consumers/audit/ledger/lines.h"
#include "consumers/audit/ledger/tree.h"

namespace godwit::audit::ledger {
namespace {

constexpr std::string_view prefix = "godwit";

bool is_part(std::string_view part) { return is_key_name(part) && part.find('/') == part.npos; }

std::vector<std::string_view> split_at_slashes(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t slash = text.find('/'); slash != text.npos; slash = text.find('/')) {
    out.push_back(text.substr(0, slash));
    text.remove_prefix(slash + 1);
  }
  out.push_back(text);
  return out;
}

}  // namespace

std::string Origin::text() const { return fmt::format("{}/{}/{}", key_name(), topic, partition); }

std::string Origin::key_name() const { return fmt::format("{}/{}", prefix, cluster); }

Result<Origin> Origin::parse(std::string_view text) {
  constexpr std::size_t parts_of_origin = 4;
  const auto parts = split_at_slashes(text);
  const auto partition = parts.size() == parts_of_origin ? parse_decimal(parts[3]) : std::nullopt;
  if (!partition || *partition > std::numeric_limits<std::int32_t>::max() || parts[0] != prefix ||
      !is_part(parts[1]) || !is_part(parts[2]))
    return invalid_error("an origin is godwit/CLUSTER/TOPIC/PARTITION");
  return Origin{std::string{parts[1]}, std::string{parts[2]}, static_cast<std::int32_t>(*partition)};
}

std::string Checkpoint::text() const {
  return fmt::format("{}\n{}\n{}\n", origin.text(), head.size, base64(as_bytes(head.root)));
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  const auto origin_line = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!root_line || !text.empty())
    return invalid_error("a checkpoint has three lines: origin, size and root");
  auto origin = Origin::parse(*origin_line);
  if (!origin) return origin.error();
  const auto size = parse_decimal(*size_line);
  if (!size || *size > tree_size_max)
    return invalid_error("the second line of a checkpoint is no size of a tree");
  const auto root = from_base64(*root_line);
  const auto digest = root ? digest_from(*root) : std::nullopt;
  if (!digest) return invalid_error("the third line of a checkpoint is not 32 bytes in base64");
  return Checkpoint{*std::move(origin), {*size, *digest}};
}

std::string sign_checkpoint(const Signer& signer, const Checkpoint& checkpoint) {
  GODWIT_CHECK(signer.verifier().name == checkpoint.origin.key_name(), "{} signs for {}",
               signer.verifier().name, checkpoint.origin.text());
  const std::string text = checkpoint.text();
  return format_note({text, {sign(signer, text)}});
}

Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<VerifierKey>& keys) {
  const auto opened = open_note(note, keys);
  if (!opened) return opened.error();
  auto checkpoint = Checkpoint::parse(opened->text);
  if (!checkpoint) return checkpoint;
  const std::string name = checkpoint->origin.key_name();
  if (std::none_of(opened->signatures.begin(), opened->signatures.end(),
                   [&](const Signature& one) { return one.key_name == name; }))
    return invalid_error(
        fmt::format("a checkpoint of {} is not signed by a key named {}", checkpoint->origin.text(), name));
  return checkpoint;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const std::vector<VerifierKey>& keys,
                                   const Origin& origin) {
  auto checkpoint = open_checkpoint(note, keys);
  if (checkpoint && checkpoint->origin != origin)
    return invalid_error(
        fmt::format("a checkpoint is of {}, not of {}", checkpoint->origin.text(), origin.text()));
  return checkpoint;
}

}  // namespace godwit::audit::ledger
