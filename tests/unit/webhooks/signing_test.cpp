#include "consumers/webhooks/signing.h"

#include <doctest/doctest.h>

#include <string>

using namespace godwit;
using namespace godwit::webhooks;

namespace {

// The published vectors: 1 and 2 sign one message, 3 and 4 another.
const std::string id_1 = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const std::string body_1 = R"({"test": 2432232314})";
const Timestamp at_1 = from_unix_ms(1'614'265'330'999);  // the part of a second is not signed
const std::string secret_1 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string signature_1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const std::string secret_2 =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const std::string public_2 = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const std::string signature_2 =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
const std::string id_3 = "7a2486b3-31cf-4bd3-a460-df8845d16cd5";
const std::string body_3 = R"({"greetings": "Hello World"})";
const Timestamp at_3 = from_unix_ms(1'737'987'215'000);
const std::string secret_3 = "whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w=";
const std::string signature_3 = "v1,iayM3VaiYCEDP/CxWUFWcxUCJk2YmBDQHtHTsaHzrwo=";
const std::string public_4 = "whpk_MCowBQYDK2VwAyEAkp3dScDPIzT1CwUFUMdzyPbWOAQaCF9z4ucuKuZD7Io=";
const std::string signature_4 =
    "v1a,XVbiOe+IzCKsXBuhb52iHLroqxFJofJNMQRL80I2kWO0+kXu2gcqgXAzontxDDgpMDw6SMh4sjzr+67EmUUzDg==";

std::string verified(const std::string& keys, const std::string& signature, Timestamp now,
                     const std::string& body = body_1, const std::string& id = id_1,
                     const std::string& seconds = "1614265330") {
  const Status done = verify(keys, {id, seconds, signature}, body, now);
  return done ? "" : done.error().message;
}

}  // namespace

TEST_CASE("the published vectors of Standard Webhooks sign as they should") {
  CHECK(sign(secret_1, id_1, at_1, body_1) == signature_1);
  CHECK(sign(secret_2, id_1, at_1, body_1) == signature_2);
  CHECK(public_keys(secret_2) == public_2);
  CHECK(sign(secret_3, id_3, at_3, body_3) == signature_3);
}

TEST_CASE("the published vectors verify, public keys raw and as SPKI DER") {
  CHECK(verified(secret_1, signature_1, at_1).empty());
  CHECK(verified(public_2, signature_2, at_1).empty());
  CHECK(verified(secret_3, signature_3, at_3, body_3, id_3, "1737987215").empty());
  CHECK(verified(public_4, signature_4, at_3, body_3, id_3, "1737987215").empty());
}

TEST_CASE("several secrets sign side by side, so that a receiver can change over") {
  const std::string both = sign(secret_1 + " " + secret_2 + " " + secret_3, id_1, at_1, body_1);
  CHECK(both == signature_1 + " " + sign(secret_3, id_1, at_1, body_1) + " " + signature_2);
  for (const std::string& key : {secret_1, secret_3, public_2}) CHECK(verified(key, both, at_1).empty());
}

TEST_CASE("what was tampered with, is old or is incomplete does not verify") {
  CHECK(verified(secret_1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", at_1) ==
        "no signature is right");
  CHECK(verified(secret_1, signature_1, at_1, body_1 + " ") == "no signature is right");
  CHECK(verified(secret_1, signature_1, at_1, body_1, "msg_other") == "no signature is right");
  CHECK(verified(secret_3, signature_1, at_1) == "no signature is right");
  CHECK(verified(public_2, signature_1, at_1) == "no signature is right");
  CHECK(verified(secret_1, "v1a" + signature_1.substr(2), at_1) == "no signature is right");
  CHECK(verified(secret_1, "v1 v1, ,,  x", at_1) == "no signature is right");
  CHECK(verified("", signature_1, at_1) == "no signature is right");
  const Timestamp sent = from_unix_ms(1'614'265'330'000);
  CHECK(verified(secret_1, signature_1, sent + signature_age_max).empty());
  CHECK(verified(secret_1, signature_1, sent + signature_age_max + Millis{1}) ==
        "webhook-timestamp is too old");
  CHECK(verified(secret_1, signature_1, sent - signature_age_max - Millis{1}) ==
        "webhook-timestamp is too far ahead");
  for (const char* time : {"now", "-1", "16142653300000000000000", "1614265330 ", "253402300800"})
    CHECK(verified(secret_1, signature_1, at_1, body_1, id_1, time) ==
          "webhook-timestamp is no number of seconds");
  CHECK(verified(secret_1, "", at_1).ends_with("is missing"));
}

TEST_CASE("a secret that is none is refused without being repeated") {
  for (const std::string secret :
       {"", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!!KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw  ", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        // the seed of one key with the public key of another
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvw=="}) {
    const Status good = check_secrets(secret);
    REQUIRE_FALSE(good);
    CHECK(good.error().message.find("KQ9r8G") == std::string::npos);
  }
  std::string many = secret_1;
  for (std::size_t i = 1; i < secrets_max; ++i) many += " " + secret_1;
  CHECK(check_secrets(many));
  CHECK_FALSE(check_secrets(many + " " + secret_1));
  CHECK(check_secrets("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="));  // a seed alone
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
