#include "consumers/webhooks/signing.h"

#include <doctest/doctest.h>

using namespace godwit;
using namespace godwit::webhooks;

TEST_CASE("the published vectors of Standard Webhooks sign as they should") {
  const auto first = decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(first);
  CHECK(first->size() == 24);
  CHECK(sign(*first, "msg_p5jXN8AQM9LWM0D4loKWxJek", from_unix_ms(1'614'265'330'999),
             R"({"test": 2432232314})") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  const auto third = decode_secret("whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w=");
  REQUIRE(third);
  CHECK(sign(*third, "7a2486b3-31cf-4bd3-a460-df8845d16cd5", from_unix_ms(1'737'987'215'000),
             R"({"greetings": "Hello World"})") == "v1,iayM3VaiYCEDP/CxWUFWcxUCJk2YmBDQHtHTsaHzrwo=");
}

TEST_CASE("a secret that is none is refused without being repeated") {
  for (const char* secret :
       {"", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!!KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    const auto key = decode_secret(secret);
    REQUIRE_FALSE(key);
    CHECK(key.error().message.find("KQ9r8G") == std::string::npos);
  }
}

TEST_CASE("a delivery's id is a function of event and endpoint alone") {
  const std::string id = make_delivery_id("/workers/w1", "e-1", "ops");
  CHECK(id.size() == 30);
  CHECK(id.starts_with("msg_"));
  CHECK(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 4) == std::string::npos);
  CHECK(make_delivery_id("/workers/w1", "e-1", "ops") == id);
  CHECK(make_delivery_id("/workers/w1", "e-1", "dev") != id);
  CHECK(make_delivery_id("/workers/w2", "e-1", "ops") != id);
  CHECK(make_delivery_id("/workers/w1e", "-1", "ops") != id);
}

TEST_CASE("base64 reads back what it wrote, of every length") {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    bytes.push_back(static_cast<char>(i * 37));
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  }
  CHECK_FALSE(base64_decode("===="));
  CHECK_FALSE(base64_decode("a b="));
}
