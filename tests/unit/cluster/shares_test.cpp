#include "common/cluster/shares.h"

#include <doctest/doctest.h>

#include "tests/unit/cluster/peers_of.h"

namespace godwit::cluster {
namespace {

using projection::StoreKey;

TEST_CASE("every store is ours, one peer's or nobody's") {
  const auto mine = test::peer("me", {0}).partitions;
  const std::map<std::string, Owner> owners{{"p-0000", {"a", "http://a", true}},
                                            {"p-0001", {"a", "http://a", true}},
                                            {"p-0002", {"b", "http://b", false}}};
  const Shares shares =
      share_out(StoreKey::partition, {{"migrations.lifecycle", 4}}, {"p-0000"}, mine, owners);
  CHECK(shares.known);
  CHECK(shares.count == 4);
  CHECK(shares.own == Stores{"p-0000"});  // whatever others say
  CHECK(shares.peers == std::map<std::string, Stores>{{"http://a", {"p-0001"}}, {"http://b", {"p-0002"}}});
  CHECK(shares.unowned == Stores{"p-0003"});
  CHECK(shares.behind == Stores{"p-0002"});
}

TEST_CASE("nothing is known before the number of partitions is") {
  CHECK_FALSE(share_out(StoreKey::partition, {}, {}, {}, {}).known);
}

TEST_CASE("who owns everything needs no peers") {
  const Shares shares = share_out(StoreKey::partition, {{"a", 2}, {"b", 2}}, {"p-0000", "p-0001"}, {}, {});
  CHECK(shares.own.size() == 2);
  CHECK(shares.peers.empty());
  CHECK(shares.unowned.empty());
}

TEST_CASE("a consumer that folds each topic by itself has a store per topic partition") {
  const Shares shares = share_out(StoreKey::topic_partition, {{"a", 1}, {"b", 2}}, {"a-0000"}, {}, {});
  CHECK(shares.own == Stores{"a-0000"});
  CHECK(shares.unowned == Stores{"b-0000", "b-0001"});
}

TEST_CASE("an answer names stores by number, or by topic and number") {
  CHECK(shown_as_json("p-0007") == "7");
  CHECK(shown_as_json("migrations.lifecycle-0012") == R"("migrations.lifecycle/12")");
  CHECK(shown_as_json("odd-name-0000") == R"("odd-name/0")");
}

}  // namespace
}  // namespace godwit::cluster
