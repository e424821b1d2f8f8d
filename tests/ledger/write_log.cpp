// Writes a log of made-up records, for programs of others to judge: write_log DIRECTORY LEAVES
//   checkpoint, tile/...     as c2sp.org/tlog-tiles lays a log out
//   vkey, records.ndjson     the key, and the records the leaves are of
//   cases.json               roots and proofs of many sizes
//   proofs/INDEX.tlog-proof  some leaves' proofs as texts
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "common/base/base64.h"
#include "common/base/check.h"
#include "common/json/writer.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/headers.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/ledger/leaf.h"
#include "consumers/audit/ledger/proof_text.h"
#include "consumers/audit/ledger/prove.h"
#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/ledger/tree.h"

namespace {

using namespace godwit;
using namespace godwit::audit::ledger;
namespace fs = std::filesystem;

constexpr int cases = 150;
const Origin origin{"MkU3OEVBNTcwNTJENDM2Qg", "migrations.lifecycle", 3};

// Bytes of one record.
struct Made {
  std::int64_t offset = 0;
  std::int64_t record_ms = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

// Every choice from one seed: null, empty, UTF-8 and any bytes.
class Records {
 public:
  Made next() {
    offset_ += 1 + static_cast<std::int64_t>(below(10) == 0 ? below(5) : 0);  // offsets have holes
    Made out{
        offset_, 1'700'000'000'000 + static_cast<std::int64_t>(below(1'000'000'000)), bytes(), bytes(), {}};
    if (below(50) == 0) out.record_ms = -1;
    for (std::size_t left = below(4); left > 0; --left)
      out.headers.emplace_back(below(4) == 0 ? "größe" : fmt::format("ce_{}", below(3)), bytes());
    return out;
  }
  std::size_t below(std::size_t bound) { return engine_() % bound; }

 private:
  std::optional<std::string> bytes() {
    const std::size_t kind = below(8);
    if (kind == 0) return std::nullopt;
    if (kind == 1) return "";
    if (kind == 2) return "tâche-☃";
    std::string out(below(40), '\0');
    for (char& byte : out) byte = static_cast<char>(below(256));
    return out;
  }

  std::mt19937_64 engine_{20'260'131};
  std::int64_t offset_ = -1;
};

void write_file(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file{path, std::ios::binary};
  file << bytes;
  file.close();
  GODWIT_CHECK(file.good(), "cannot write {}", path.string());
}

class Log final : public TileReader {
 public:
  explicit Log(fs::path directory)
      : directory_(std::move(directory)),
        signer_(*open_key_file((directory_ / "key").string(), origin.key_name())) {}

  void append(const Made& made) {
    stream::Record record{origin.topic,
                          stream::Partition{origin.partition},
                          stream::Offset{made.offset},
                          from_unix_ms(made.record_ms),
                          made.key,
                          made.value,
                          {}};
    for (const auto& [name, value] : made.headers) record.headers.push_back({name, value});
    const std::string headers = pack_headers(record.headers);
    Leaf leaf{made.offset, made.record_ms, record.key, std::nullopt, headers};
    if (record.value) leaf.value = digest_value(hasher_, *record.value);
    data_.push_back(leaf_data(leaf));
    std::vector<TileHash> completed{{0, data_.size() - 1, leaf_hasher_.of(record)}};
    frontier_.append(hasher_, completed.front().hash, completed);
    for (const TileHash& tile : completed) {
      levels_.resize(std::max<std::size_t>(levels_.size(), tile.level + 1));
      levels_[tile.level].push_back(tile.hash);
    }
    write_record(made);
  }

  void write() {
    write_file(directory_ / "vkey", signer_.verifier().text());
    write_file(directory_ / "records.ndjson", records_);
    write_file(directory_ / "checkpoint", checkpoint(frontier_.size));
    for (const Tile& tile : tiles_of(frontier_.size)) write_file(directory_ / tile.path(), bytes_of(tile));
    write_cases();
  }

  Result<std::vector<Digest>> hashes(unsigned level, std::uint64_t first, std::size_t count) override {
    const auto begin = levels_[level].begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<Digest>(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

 private:
  std::string checkpoint(std::uint64_t size) {
    const Digest root = *root_of(hasher_, nodes_, size);
    GODWIT_CHECK(size != frontier_.size || root == frontier_.root(hasher_), "two roots of {} leaves", size);
    return sign_checkpoint(signer_, {origin, {size, root}});
  }

  std::string bytes_of(const Tile& tile) {
    const std::uint64_t first = tile.index * tile_width;
    if (tile.level) return tile_bytes(*hashes(*tile.level, first, tile.width));
    std::string out;
    for (unsigned i = 0; i < tile.width; ++i) {
      const Status added = append_entry(out, data_[first + i]);
      GODWIT_CHECK(added.ok(), "{}", added.error().message);
    }
    return out;
  }

  static std::optional<std::string> in_base64(const std::optional<std::string>& bytes) {
    return bytes ? std::optional{base64(*bytes)} : std::nullopt;
  }

  void write_record(const Made& made) {
    json::Writer out;
    out.begin_object().member("topic", origin.topic).member("partition", std::int64_t{origin.partition});
    out.member("offset", made.offset).member("timestamp_ms", made.record_ms);
    out.member("key", in_base64(made.key))
        .member("value", in_base64(made.value))
        .key("headers")
        .begin_array();
    for (const auto& [name, value] : made.headers)
      out.begin_array().value(name).value(in_base64(value)).end_array();
    records_ += out.end_array().end_object().take() + "\n";
  }

  std::uint64_t any_size() {
    const std::size_t most = frontier_.size;
    if (random_.below(2) == 0) return 1 + random_.below(most);
    const std::size_t power = std::size_t{1} << random_.below(static_cast<std::size_t>(std::bit_width(most)));
    return std::clamp<std::size_t>(power - 1 + random_.below(3), 1, most);
  }

  static void write_proof(json::Writer& out, const Proof& proof) {
    out.key("proof").begin_array();
    for (const Digest& hash : proof) out.value(base64(as_bytes(hash)));
    out.end_array();
  }

  void write_inclusion(json::Writer& out, std::map<std::uint64_t, std::string>& checkpoints) {
    const std::uint64_t size = any_size();
    const std::uint64_t index = random_.below(size);
    const Proof proof = *prove_inclusion(hasher_, nodes_, index, size);
    checkpoints.try_emplace(size, checkpoint(size));
    out.begin_object().member("index", index).member("size", size);
    out.member("leaf", base64(as_bytes(levels_[0][index])));
    write_proof(out, proof);
    out.end_object();
    const ProofText text{data_[index], index, proof, checkpoints[size]};
    write_file(directory_ / "proofs" / fmt::format("{}.tlog-proof", index), text.text());
  }

  void write_consistency(json::Writer& out, std::map<std::uint64_t, std::string>& checkpoints) {
    const std::uint64_t to = any_size();
    const std::uint64_t from = std::min(to, any_size());
    for (const std::uint64_t size : {from, to}) checkpoints.try_emplace(size, checkpoint(size));
    out.begin_object().member("from", from).member("to", to);
    write_proof(out, *prove_consistency(hasher_, nodes_, from, to));
    out.end_object();
  }

  void write_cases() {
    std::map<std::uint64_t, std::string> checkpoints{{frontier_.size, checkpoint(frontier_.size)}};
    json::Writer out;
    out.begin_object().member("origin", origin.text()).key("inclusion").begin_array();
    for (int i = 0; i < cases; ++i) write_inclusion(out, checkpoints);
    out.end_array().key("consistency").begin_array();
    for (int i = 0; i < cases; ++i) write_consistency(out, checkpoints);
    out.end_array().key("checkpoints").begin_object();
    for (const auto& [size, note] : checkpoints) out.member(std::to_string(size), note);
    write_file(directory_ / "cases.json", out.end_object().end_object().take());
  }

  fs::path directory_;
  Signer signer_;
  Hasher hasher_;
  LeafHasher leaf_hasher_{hasher_};
  Frontier frontier_;
  TileNodes nodes_{hasher_, *this};
  Records random_;
  std::vector<std::string> data_;
  std::vector<std::vector<Digest>> levels_;
  std::string records_;
};

}  // namespace

int main(int argc, char** argv) {
  GODWIT_CHECK(argc == 3, "write_log DIRECTORY LEAVES");
  Log log{argv[1]};
  Records records;
  for (int left = std::stoi(argv[2]); left > 0; --left) log.append(records.next());
  log.write();
}
