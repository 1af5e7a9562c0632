<?php
// Accounts and pages by the thousand, inside MediaWiki itself: by its API each would cost a request.
// Required from the settings file that test/support/mediawiki-crowd.ts writes; the request's body says what is wanted.
use MediaWiki\MediaWikiServices;

set_time_limit( 0 );
$wanted = json_decode( file_get_contents( 'php://input' ), true );
$services = MediaWikiServices::getInstance();
$admin = User::newFromName( 'Admin' );
$refused = [];
$commit = static fn () => $services->getDBLoadBalancerFactory()->commitPrimaryChanges( __FILE__ );
foreach ( $wanted['users'] as $name ) {
	$user = User::newFromName( $name, 'creatable' );
	if ( !$user || !$user->addToDatabase()->isOK() ) {
		$refused[] = $name;
	}
}
foreach ( $wanted['pages'] as [ $title, $text ] ) {
	$page = $services->getWikiPageFactory()->newFromTitle( Title::newFromText( $title ) );
	$done = $page->doUserEditContent( ContentHandler::makeContent( $text, $page->getTitle() ), $admin, 'seed', EDIT_INTERNAL | EDIT_FORCE_BOT );
	if ( !$done->isOK() ) {
		$refused[] = $title;
	}
}
$commit();
DeferredUpdates::doUpdates();
foreach ( $wanted['protect'] as [ $title, $levels ] ) {
	$page = $services->getWikiPageFactory()->newFromTitle( Title::newFromText( $title ) );
	$cascade = false;
	$done = $page->doUpdateRestrictions( $levels, array_fill_keys( array_keys( $levels ), 'infinity' ), $cascade, 'seed', $admin );
	if ( !$done->isOK() ) {
		$refused[] = $title;
	}
}
$commit();
DeferredUpdates::doUpdates();
$commit();
header( 'Content-Type: application/json' );
echo json_encode( [ 'refused' => $refused ] );
exit;
