// What a record costs the ledger, beside SHA-256 of the same bytes; and what proofs and signatures cost.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <string>

#include "common/base/check.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/headers.h"
#include "consumers/audit/ledger/leaf.h"
#include "consumers/audit/ledger/prove.h"
#include "consumers/audit/ledger/tree.h"

using namespace godwit;
using namespace godwit::audit::ledger;

namespace {

constexpr std::size_t value_bytes = 500;

stream::Record record(const std::string& value) {
  return {"migrations.lifecycle",
          stream::Partition{0},
          stream::Offset{1},
          from_unix_ms(1'700'000'000'000),
          "task-1",
          value,
          {{"content-type", "application/cloudevents+json"}}};
}

void count_records(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value_bytes));
}

// The floor: OpenSSL alone, as fast as it goes, over the value and nothing else.
void raw_sha256(benchmark::State& state) {
  const std::string value(value_bytes, 'v');
  EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  GODWIT_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1, "no SHA-256");
  std::array<unsigned char, 32> out{};
  for (auto _ : state) {
    EVP_DigestInit_ex2(context, nullptr, nullptr);
    EVP_DigestUpdate(context, value.data(), value.size());
    EVP_DigestFinal_ex(context, out.data(), nullptr);
    benchmark::DoNotOptimize(out);
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
  count_records(state);
}
BENCHMARK(raw_sha256);

void leaf_and_append(benchmark::State& state) {
  const std::string value(value_bytes, 'v');
  const stream::Record one = record(value);
  Hasher hasher;
  LeafHasher leaves{hasher};
  Frontier frontier;
  std::vector<TileHash> completed;
  for (auto _ : state) {
    frontier.append(hasher, leaves.of(one), completed);
    completed.clear();
  }
  benchmark::DoNotOptimize(frontier.root(hasher));
  count_records(state);
}
BENCHMARK(leaf_and_append);

void root_of_frontier(benchmark::State& state) {
  Hasher hasher;
  Frontier frontier;
  for (int left = (1 << 20) - 1; left > 0; --left) frontier.append(hasher, Digest{});
  for (auto _ : state) benchmark::DoNotOptimize(frontier.root(hasher));
}
BENCHMARK(root_of_frontier);

// Any tile of a large tree, without the cost of reading it.
class SameTiles final : public TileReader {
 public:
  Result<std::vector<Digest>> hashes(unsigned, std::uint64_t, std::size_t count) override {
    return std::vector<Digest>(count);
  }
};

void prove_in_ten_million(benchmark::State& state) {
  Hasher hasher;
  SameTiles tiles;
  TileNodes nodes{hasher, tiles};
  for (auto _ : state) benchmark::DoNotOptimize(prove_inclusion(hasher, nodes, 7'654'321, 10'000'000));
}
BENCHMARK(prove_in_ten_million);

void sign_a_checkpoint(benchmark::State& state) {
  const Origin origin{"cluster", "topic", 0};
  const Signer signer{origin.key_name(), PrivateKey::generate()};
  for (auto _ : state) benchmark::DoNotOptimize(sign_checkpoint(signer, {origin, {1, {}}}));
}
BENCHMARK(sign_a_checkpoint);

void open_a_checkpoint(benchmark::State& state) {
  const Origin origin{"cluster", "topic", 0};
  const Signer signer{origin.key_name(), PrivateKey::generate()};
  const std::string note = sign_checkpoint(signer, {origin, {1, {}}});
  for (auto _ : state) benchmark::DoNotOptimize(open_checkpoint(note, {signer.verifier()}));
}
BENCHMARK(open_a_checkpoint);

}  // namespace
