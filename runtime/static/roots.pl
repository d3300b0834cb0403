#!/usr/bin/perl
# roots.pl OUT PLACE: the certificates of PLACE (a folder of *.crt files, or one bundle; PEM) as one file that
# runtime/roots.c searches without parsing: a count, then for each certificate its length, where its subject stands
# in it and how long that is (16 bits each, little endian), and the DER itself. Sorted, so that the bytes depend on
# the certificates alone.
use strict;
use warnings;
use MIME::Base64;

my ($out, $place) = @ARGV;
die "usage: roots.pl OUT FOLDER|BUNDLE\n" unless defined $place;

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "cannot read '$file': $!\n";
    local $/;
    return <$in>;
}

# Where the value of the DER element at $at starts, and where the next element is.
sub element {
    my ($der, $at) = @_;
    my $length = ord substr $der, $at + 1, 1;
    my $value = $at + 2;
    if ($length & 0x80) {
        my $bytes = $length & 0x7f;
        $length = 0;
        $length = $length << 8 | ord substr $der, $value++, 1 for 1 .. $bytes;
    }
    return ($value, $value + $length);
}

# RFC 5280, section 4.1: [version], serial number, signature, issuer, validity, subject.
sub subject {
    my ($der) = @_;
    my ($at) = element($der, 0);
    ($at) = element($der, $at);
    (undef, $at) = element($der, $at) if ord(substr $der, $at, 1) == 0xa0;
    (undef, $at) = element($der, $at) for 1 .. 4;
    my (undef, $end) = element($der, $at);
    return ($at, $end - $at);
}

my %seen;
for my $file (-d $place ? glob "$place/*.crt" : $place) {
    my $text = slurp($file);
    $seen{ decode_base64($1) } = 1 while $text =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/sg;
}
my @roots = sort keys %seen;
die "no certificates in '$place'; on Debian and Ubuntu the package ca-certificates has them\n" unless @roots;

open my $to, '>:raw', $out or die "cannot write '$out': $!\n";
print $to pack 'v', scalar @roots;
print $to pack('vvv', length, subject($_)), $_ for @roots;
close $to or die "cannot write '$out': $!\n";
