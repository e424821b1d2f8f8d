// Ids and signatures of deliveries, after Standard Webhooks 1.0.0 (HMAC-SHA256, `v1`):
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Pure functions
// on OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace godwit::webhooks {

// "msg_" and 26 characters of the SHA-256 of (source, event id, endpoint): the same after a crash, after a
// rebuild on an empty disk, and for an event that is sent again.
std::string make_delivery_id(std::string_view source, std::string_view event_id, std::string_view endpoint);

// The key bytes of a secret `whsec_<base64 of 24 to 64 bytes>`. The error never repeats the secret.
Result<std::string> decode_secret(std::string_view secret);

// The header webhook-signature: "v1,<base64>" over "<id>.<unix seconds>.<body>".
std::string sign(std::string_view key, std::string_view id, Timestamp at, std::string_view body);

std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // padded, no white space

}  // namespace godwit::webhooks
