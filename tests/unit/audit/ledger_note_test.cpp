// A note is believed when a known key signed exactly its text.
#include <doctest/doctest.h>

#include "common/base/base64.h"
#include "consumers/audit/ledger/note.h"
#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

namespace {

const std::string foo = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const std::string foo_note =
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// golang.org/x/mod/sumdb/note
const std::string peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string peter_secret =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const std::string peter_text =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const std::string peter_note =
    peter_text +
    "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

VerifierKey key(const std::string& vkey) {
  auto out = VerifierKey::parse(vkey);
  REQUIRE(out.ok());
  return *out;
}

std::string why(const std::string& note, const std::vector<VerifierKey>& keys) {
  const auto opened = open_note(note, keys);
  REQUIRE_FALSE(opened.ok());
  return opened.error().message;
}

}  // namespace

TEST_CASE("Ed25519 is that of RFC 8032") {
  const auto secret =
      PrivateKey::from_seed(from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  const std::string signature =
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
      "f0595bbe2"
      "4655141438e7a100b";
  CHECK(hex(secret.public_key()) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(hex(secret.sign("")) == signature);
  CHECK(verify(secret.public_key(), "", from_hex(signature)));
  CHECK_FALSE(verify(secret.public_key(), "x", from_hex(signature)));
  CHECK_FALSE(verify(secret.public_key(), "", from_hex(signature).substr(1)));
  CHECK_FALSE(verify(PublicKey{}, "", from_hex(signature)));
}

TEST_CASE("the known notes open with their keys, and are written byte for byte") {
  for (const auto& [vkey, note] : {std::pair{foo, foo_note}, std::pair{peter, peter_note}}) {
    CHECK(key(vkey).text() == vkey);
    const auto opened = open_note(note, {key(vkey)});
    REQUIRE(opened.ok());
    CHECK(format_note(*opened) == note);
  }
  const auto secret = Signer::parse(peter_secret);
  REQUIRE(secret.ok());
  CHECK(secret->verifier().text() == peter);
  CHECK(secret->secret_text() == peter_secret);
  CHECK(format_note({peter_text, {sign(*secret, peter_text)}}) == peter_note);
}

TEST_CASE("a note with any bit flipped is refused") {
  const std::vector<VerifierKey> keys{key(foo)};
  for (std::size_t bit = 0; bit < foo_note.size() * 8; ++bit) {
    std::string changed = foo_note;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(open_note(changed, keys).ok());
  }
}

TEST_CASE("unknown signatures are ignored, wrong ones of known keys are not") {
  const std::string text = "one\n\ntwo\n";
  const Signer a = signer("a", 'a');
  const Signer b = signer("b", 'b');
  const Signer other_a = signer("a", 'c');
  const std::string note = format_note({text, {sign(b, text), sign(a, text)}});

  const auto opened = open_note(note, {a.verifier()});
  REQUIRE(opened.ok());
  CHECK(opened->text == text);
  REQUIRE(opened->signatures.size() == 1);
  CHECK(opened->signatures[0].key_name == "a");
  CHECK(open_note(note, {a.verifier(), other_a.verifier(), b.verifier()})->signatures.size() == 2);

  CHECK(why(note, {other_a.verifier()}).starts_with("signed by no known key, but by b+"));
  CHECK(why(note, {}).starts_with("signed by no known key"));
  Signature forged = sign(other_a, text);
  forged.key_id = a.verifier().id();
  CHECK(
      why(format_note({text, {sign(b, text), forged}}), {a.verifier(), b.verifier()}).ends_with(" is wrong"));
}

TEST_CASE("what has not the form of a note is refused, with the reason") {
  const std::vector<VerifierKey> keys{key(foo)};
  const std::string line = foo_note.substr(foo_note.find("\u2014"));
  CHECK(why("", keys) == "a note has no signatures after a blank line");
  CHECK(why("text\n", keys) == "a note has no signatures after a blank line");
  CHECK(why("text\n\n", keys) == "a note is not signed");
  CHECK(why(foo_note.substr(0, foo_note.size() - 1), keys) == "a note has no signatures after a blank line");
  CHECK(why("text\r\n\n" + line, keys) == "a note is not UTF-8 or has control characters");
  CHECK(why("te\xFFxt\n\n" + line, keys) == "a note is not UTF-8 or has control characters");
  CHECK(why("text\n\n" + line + "- example.com/foo AAAA\n", keys) ==
        "signature line 2 of a note is malformed");
  CHECK(why("text\n\n\u2014 example.com/foo AAAAAA==\n", keys) == "signature line 1 of a note is malformed");
  CHECK(why("text\n\n\u2014 a+b AAAAAAA=\n", keys) == "signature line 1 of a note is malformed");
  CHECK(why(std::string(note_bytes_max, 'x') + "\n\n" + line, keys) == "a note is too large");
  std::string many = "text\n\n";
  for (std::size_t i = 0; i <= note_signatures_max; ++i) many += "\u2014 x AAAAAAA=\n";
  CHECK(why(many, keys) == "a note has too many signatures");
}

TEST_CASE("texts that are no key are refused, and names that no key may have") {
  CHECK_FALSE(VerifierKey::parse("").ok());
  CHECK_FALSE(VerifierKey::parse("a+b").ok());
  CHECK(VerifierKey::parse("example.com/foo+530d903b+" + foo.substr(25)).error().message ==
        "the key example.com/foo has the id 530d903a, not 530d903b");
  CHECK(VerifierKey::parse("example.org/foo" + foo.substr(15)).error().message.ends_with("not 530d903a"));
  CHECK(VerifierKey::parse("x+00000000+" + base64("\x02" + std::string(32, 'k'))).error().message ==
        "a key is not of type 0x01, Ed25519");
  CHECK_FALSE(VerifierKey::parse("x+00000000+" + base64("\x01" + std::string(31, 'k'))).ok());
  CHECK_FALSE(VerifierKey::parse(foo + "\n").ok());
  CHECK_FALSE(Signer::parse(peter).ok());
  const auto wrong = Signer::parse(peter_secret.substr(0, peter_secret.size() - 1) + "y");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message.find("AYEK") == std::string::npos);
  for (const char* bad : {"", "a b", "a+b", "a\u00A0b", "a\u3000b", "\n", "\xFF"})
    CHECK_FALSE(is_key_name(bad));
  CHECK(is_key_name("godwit/größe"));
}
