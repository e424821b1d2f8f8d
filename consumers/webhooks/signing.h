// Ids and signatures of deliveries, after Standard Webhooks 1.0.0:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Pure functions
// on OpenSSL.
//
// Secrets are text, one or more with single spaces between: whsec_<base64 of 24 to 64 bytes> for HMAC-SHA256
// (`v1`), whsk_<base64 of an Ed25519 seed, with or without its public key behind> for Ed25519 (`v1a`).
// Several are active at once while a receiver changes over from one to the next. No error repeats one.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace godwit::webhooks {

inline constexpr std::size_t secrets_max = 10;       // active at once
inline constexpr Millis signature_age_max{300'000};  // of a signature, and how far ahead it may be

// "msg_" and 26 characters of the SHA-256 of (source, event id, endpoint): the same after a crash, after a
// rebuild on an empty disk, and for an event that is sent again.
std::string make_delivery_id(std::string_view source, std::string_view event_id, std::string_view endpoint);

// Whether sign() can be called with these.
Status check_secrets(std::string_view secrets);

// The header webhook-signature: "v1,<base64>" or "v1a,<base64>" over "<id>.<unix seconds>.<body>" for each
// secret, v1 first, single spaces between. Only of what check_secrets() accepts.
std::string sign(std::string_view secrets, std::string_view id, Timestamp at, std::string_view body);

// What a receiver needs to verify: each whsk_ as whpk_<base64 of 32 bytes>. A whsec_ is needed itself and is
// left out.
std::string public_keys(std::string_view secrets);

// The headers of a delivery as they came.
struct Signed {
  std::string_view id;
  std::string_view timestamp;  // unix seconds
  std::string_view signature;
};

// As a receiver does it: that some signature is right by some of the keys (whsec_ or whpk_, the latter raw or
// as SPKI DER), and that its time is within signature_age_max of `now`. The error says what is wrong.
Status verify(std::string_view keys, const Signed& headers, std::string_view body, Timestamp now);

}  // namespace godwit::webhooks
