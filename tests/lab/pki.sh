# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# pki.sh: certificates for scenarios, made in the guest as in jnd.conf(5) and ctd.conf(5). Read after mesh.sh.
#
#   pki_ca NAME                a CA: /state/pki/NAME.pem and .key
#   pki_device NAME CA NODE    a device's certificate, which carries the EUI-64 of NODE
#   pki_ct NAME CA             a commissioning tool's
#   pki_pose NAME NODE HOST    a handshake with NODE from HOST, whose certificate is NAME's
#   pki_hash NAME              prints the SHA-256 of a public key, as ct-key-hash and key-hash have it
#   pki_has_raw                has this OpenSSL raw public keys?
# Nodes in CERT="NODE.." have certificates and those in RAW="NODE.." raw public keys: for them mesh_declare
# writes such configurations. ctd's is `tool`, the CAs are `devices` and `tools`, a node's is nodeI.

: "${CERT:=}" "${RAW:=}"
PKI=/state/pki
mkdir -p "$PKI"

# pki_certificate NAME OPTION..: a new key, and a certificate of it
pki_certificate() {
	local name=$1
	shift
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-config "$PKI/req.conf" -subj "/CN=$name" -keyout "$PKI/$name.key" -out "$PKI/$name.pem" "$@") \
		>"$LAB_OUT/openssl.log" 2>&1
}

pki_ca() {
	echo '[req]
distinguished_name = dn
[dn]' >"$PKI/req.conf"
	pki_certificate "$1" -addext basicConstraints=critical,CA:TRUE
}

pki_device() {
	echo "[req]
distinguished_name = dn
x509_extensions = ext
[dn]
[ext]
subjectAltName = otherName:1.3.6.1.5.5.7.8.4;SEQ:hw
[hw]
type = OID:1.3.6.1.4.1.32473.1
serial = FORMAT:HEX,OCT:$(eui_hex "$3")" >"$PKI/req.conf"
	pki_certificate "$1" -CA "$PKI/$2.pem" -CAkey "$PKI/$2.key"
}

pki_ct() {
	echo '[req]
distinguished_name = dn
x509_extensions = ext
[dn]
[ext]
subjectAltName = URI:urn:wpan-kmp:ct' >"$PKI/req.conf"
	pki_certificate "$1" -CA "$PKI/$2.pem" -CAkey "$PKI/$2.key"
}

pki_pose() {
	on "$3" timeout 15 openssl s_client -dtls1_2 -connect "[fd00:6::$2]:5684" -quiet -cert "$PKI/$1.pem" \
		-key "$PKI/$1.key" -cipher 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0' </dev/null \
		>"$LAB_OUT/s_client.log" 2>&1 || true
}

pki_hash() {
	openssl pkey -in "$PKI/$1.key" -pubout -outform DER | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

pki_has_raw() {
	local version
	version=$(openssl version)
	[[ $version =~ ^OpenSSL\ ([0-9]+)\.([0-9]+) ]] || return
	((BASH_REMATCH[1] > 3 || BASH_REMATCH[1] == 3 && BASH_REMATCH[2] >= 2))
}

mesh_credential() {
	if in_list "$1" "$CERT"; then
		echo "private-key = $PKI/node$1.key
certificate = $PKI/node$1.pem
ct-anchor = $PKI/tools.pem"
	elif in_list "$1" "$RAW"; then
		echo "private-key = $PKI/node$1.key
ct-key-hash = $(pki_hash tool)"
	else
		echo "psk-file = /state/psk$1"
	fi
}

mesh_known_by() {
	if in_list "$1" "$CERT"; then
		echo 'credential = certificate'
	elif in_list "$1" "$RAW"; then
		echo "key-hash = $(pki_hash "node$1")"
	else
		echo "psk-file = /state/psk$1"
	fi
}

mesh_ct_credential() {
	echo "private-key = $PKI/tool.key
certificate = $PKI/tool.pem
device-anchor = $PKI/devices.pem"
}
